//! What HdrHistogram's own tools read: percentile tables (`.hgrm`) and a histogram log (`.hlog`).

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use hftz_hist::log::{self, Interval};
use hftz_hist::{OwnedHistogram, distribution};
use hftz_lab::Report;

/// Nanoseconds are shown as microseconds.
const MICROSECOND: f64 = 1e3;

/// One file, its text gathered until the run ends so that writing disturbs no suite.
struct Target {
    path: String,
    file: File,
    text: String,
}

impl Target {
    fn open(path: Option<&str>) -> Result<Option<Self>, String> {
        path.map(|path| {
            let file = File::create(path).map_err(|error| format!("{path}: {error}"))?;
            Ok(Self { path: path.to_owned(), file, text: String::new() })
        })
        .transpose()
    }

    fn finish(&mut self) -> Result<(), String> {
        self.file.write_all(self.text.as_bytes()).map_err(|error| format!("{}: {error}", self.path))
    }
}

/// The files that were asked for.
pub struct Files {
    hgrm: Option<Target>,
    hlog: Option<Target>,
    /// Milliseconds of intervals logged so far.
    logged_ms: u64,
    failed: Option<String>,
}

impl Files {
    /// # Errors
    /// The path that cannot be written, and why.
    pub fn open(hgrm: Option<&str>, hlog: Option<&str>) -> Result<Self, String> {
        let mut files = Self { hgrm: Target::open(hgrm)?, hlog: Target::open(hlog)?, logged_ms: 0, failed: None };
        if let Some(target) = &mut files.hlog {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            // Writing into a string cannot fail.
            let _ = log::write_head(&mut target.text, u64::try_from(now.as_millis()).unwrap_or(0));
        }
        Ok(files)
    }

    /// An interval of the pipeline's latency over time, without a tag.
    pub fn interval(&mut self, histogram: &OwnedHistogram, length_ns: u64) {
        let length_ms = length_ns / 1_000_000;
        self.log(None, histogram, self.logged_ms, length_ms);
        self.logged_ms += length_ms;
    }

    /// All latencies of a suite: a table each, and a tagged line each over the whole run.
    pub fn take(&mut self, suite: &str, report: &Report) {
        for (name, histogram) in report.latencies() {
            if let Some(target) = &mut self.hgrm {
                let _ = writeln!(target.text, "# {suite}: {name}, microseconds");
                let _ = distribution::write(&mut target.text, histogram, MICROSECOND);
                target.text.push('\n');
            }
            let tag = format!("{suite}.{}", name.replace([',', ' ', '\n'], "-"));
            self.log(Some(&tag), histogram, 0, self.logged_ms.max(1));
        }
    }

    fn log(&mut self, tag: Option<&str>, histogram: &OwnedHistogram, start_ms: u64, length_ms: u64) {
        let Some(target) = &mut self.hlog else { return };
        let written = compressed(histogram).and_then(|compressed| {
            let interval = Interval { tag, start_ms, length_ms, max: histogram.max(), compressed: &compressed };
            log::write_interval(&mut target.text, &interval).map_err(|error| error.to_string())
        });
        if let Err(text) = written {
            self.failed.get_or_insert(format!("{}: {text}", target.path));
        }
    }

    /// Writes what was gathered.
    ///
    /// # Errors
    /// The path, and why.
    pub fn finish(mut self) -> Result<(), String> {
        for target in self.hgrm.iter_mut().chain(self.hlog.iter_mut()) {
            target.finish()?;
        }
        self.failed.map_or(Ok(()), Err)
    }
}

fn compressed(histogram: &OwnedHistogram) -> Result<Vec<u8>, String> {
    let mut plain = vec![0; histogram.encoded_bound()];
    let length = histogram.encode(&mut plain).map_err(|error| error.to_string())?;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&plain[..length]).and_then(|()| encoder.finish()).map_err(|error| error.to_string())
}
