//! HdrHistogram: recording, percentiles and its interchange formats.
