//! What HdrHistogram's own tools read: percentile tables (`.hgrm`) and a histogram log (`.hlog`).
//!
//! A log holds all latencies, told apart by tags. A table knows no tags, and a plotter takes a file for one curve: so there is a
//! file for each latency, `run.hgrm` becoming `run.net.roundTrip.hgrm`.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
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

/// Percentile tables, each with its file.
struct Tables {
    asked: PathBuf,
    texts: Vec<(PathBuf, String)>,
}

impl Tables {
    /// Nothing is written before the end; that there is a directory to write to is known at once.
    fn open(path: &str) -> Result<Self, String> {
        let asked = PathBuf::from(path);
        let folder = asked.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if folder.is_dir() {
            Ok(Self { asked, texts: Vec::new() })
        } else {
            Err(format!("{path}: there is no directory {}", folder.display()))
        }
    }

    /// The file of a latency: its name before the ending.
    fn place(&self, tag: &str) -> PathBuf {
        self.asked.with_extension(match self.asked.extension() {
            Some(ending) => format!("{tag}.{}", ending.display()),
            None => tag.to_owned(),
        })
    }
}

/// The files that were asked for.
pub struct Files {
    tables: Option<Tables>,
    hlog: Option<Target>,
    /// Milliseconds of intervals logged so far.
    logged_ms: u64,
    failed: Option<String>,
}

impl Files {
    /// # Errors
    /// The path that cannot be written, and why.
    pub fn open(hgrm: Option<&str>, hlog: Option<&str>) -> Result<Self, String> {
        let tables = hgrm.map(Tables::open).transpose()?;
        let mut files = Self { tables, hlog: Target::open(hlog)?, logged_ms: 0, failed: None };
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
            let tag = format!("{suite}.{}", name.replace([',', ' ', '\n', '/'], "-"));
            if let Some(tables) = &mut self.tables {
                let mut text = format!("# {suite}: {name}, microseconds\n");
                // Writing into a string cannot fail.
                let _ = distribution::write(&mut text, histogram, MICROSECOND);
                tables.texts.push((tables.place(&tag), text));
            }
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
        self.hlog.as_mut().map_or(Ok(()), Target::finish)?;
        for (path, text) in self.tables.iter().flat_map(|tables| &tables.texts) {
            std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_latency_has_a_table_of_its_own_beside_the_file_that_was_asked_for() {
        let place = |path| Tables { asked: PathBuf::from(path), texts: Vec::new() }.place("net.roundTrip");
        assert_eq!(place("a/run.hgrm"), PathBuf::from("a/run.net.roundTrip.hgrm"));
        assert_eq!(place("run"), PathBuf::from("run.net.roundTrip"));
    }

    #[test]
    fn a_table_without_a_directory_is_refused_at_once() {
        assert!(Tables::open("/nonexistent/run.hgrm").is_err_and(|text| text.contains("/nonexistent")));
        assert!(Tables::open("run.hgrm").is_ok());
    }
}
