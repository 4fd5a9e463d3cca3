//! Files, pipes and gzip through the one window.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use flate2::{Compression, write::GzEncoder};
use hftz_source::{ByteSource, Fill, Halt, Read, Sink, SinkError, SourceError, Stream, Trailing};
use std::io::Write;
use std::path::PathBuf;

fn never() -> Halt<'static> {
    &|| false
}

fn scratch(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("hftz-source-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    path
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 31 % 251) as u8).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Reads to the end, consuming in uneven steps so that the window has to move.
fn drain(stream: &mut Stream) -> Result<Vec<u8>, SourceError> {
    let mut all = Vec::new();
    loop {
        assert_eq!(stream.offset(), all.len() as u64);
        let take = if stream.ended() { stream.window().len() } else { stream.window().len() * 2 / 3 };
        all.extend_from_slice(&stream.window()[..take]);
        stream.consume(take);
        if stream.ended() {
            return Ok(all);
        }
        stream.fill(never())?;
    }
}

#[test]
fn a_file_comes_through_whole_and_knows_its_size() {
    let bytes = pattern(3_000_001);
    let path = scratch("plain", &bytes);
    let mut stream = Stream::open(path.to_str().unwrap(), never()).unwrap();
    assert_eq!(stream.size(), Some(3_000_001));
    assert_eq!(stream.gzip(), None);
    assert!(drain(&mut stream).unwrap() == bytes);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn gzip_is_inflated_member_after_member() {
    let bytes = pattern(2_000_000);
    let mut packed = gzip(&bytes[..700_000]);
    packed.extend(gzip(&bytes[700_000..]));
    let path = scratch("gz", &packed);
    let mut stream = Stream::open(path.to_str().unwrap(), never()).unwrap();
    assert!(stream.gzip().is_some());
    assert!(drain(&mut stream).unwrap() == bytes);
    assert_eq!(stream.taken(), packed.len() as u64);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_truncated_gzip_gives_what_it_has_and_then_says_so() {
    let bytes = pattern(1_000_000);
    let packed = gzip(&bytes);
    let path = scratch("cut", &packed[..packed.len() / 2]);
    let mut stream = Stream::open(path.to_str().unwrap(), never()).unwrap();
    let error = loop {
        match stream.fill(never()) {
            Ok(Fill::More) => {}
            Ok(other) => panic!("{other:?} instead of an error"),
            Err(error) => break error,
        }
    };
    assert!(!stream.window().is_empty() && bytes.starts_with(stream.window()));
    assert!(error.to_string().contains("ends early"), "{error}");
    std::fs::remove_file(path).unwrap();
}

/// What a packed file with this behind it gives, and what is said about that.
fn behind(rest: &[u8]) -> (Vec<u8>, u64, Option<Trailing>) {
    let packed = gzip(b"all of it");
    let path = scratch(&format!("behind-{}", rest.len()), &[&packed, rest].concat());
    let mut stream = Stream::open(path.to_str().unwrap(), never()).unwrap();
    let inflated = drain(&mut stream).unwrap();
    assert_eq!(stream.taken(), (packed.len() + rest.len()) as u64);
    std::fs::remove_file(path).unwrap();
    (inflated, packed.len() as u64, stream.gzip().unwrap().trailing)
}

#[test]
fn bytes_behind_gzip_that_are_none_of_it_are_passed_over_and_told() {
    // The second beginning is half a magic number; the third is longer than a block that is read at once.
    for rest in [b"a note".to_vec(), vec![0x1f], pattern(600_000), b"\0\0\x1f\x8b".to_vec()] {
        let (inflated, offset, trailing) = behind(&rest);
        assert_eq!(inflated, b"all of it");
        assert_eq!(trailing, Some(Trailing { offset, bytes: rest.len() as u64 }));
    }
    let text = Trailing { offset: 345, bytes: 1 }.to_string();
    assert_eq!(text, "packed offset 345: 1 byte behind the gzip data");
}

#[test]
fn zeros_behind_gzip_fill_up_a_block_and_are_nothing() {
    assert_eq!(behind(&[0; 10_240]).2, None);
}

#[test]
fn what_begins_like_a_member_behind_gzip_must_be_one() {
    for (rest, rule) in [(&[0x1f, 0x8b][..], "ends early"), (&[0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9], "header")] {
        let path = scratch(&format!("begins-{}", rest.len()), &[&gzip(b"all of it"), rest].concat());
        let mut stream = Stream::open(path.to_str().unwrap(), never()).unwrap();
        let error = drain(&mut stream).unwrap_err().to_string();
        assert!(error.contains("damaged after 9 inflated bytes") && error.contains(rule), "{error}");
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_gzip_stream_may_be_dropped_half_read() {
    let path = scratch("drop", &gzip(&pattern(8_000_000)));
    drop(Stream::open(path.to_str().unwrap(), never()).unwrap());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn what_cannot_be_opened_is_named() {
    let error = Stream::open("/nowhere/day.itch", never()).err().unwrap();
    assert_eq!(error.to_string(), "cannot open /nowhere/day.itch: No such file or directory");
    let error = Stream::open("/", never()).err().unwrap();
    assert_eq!(error.to_string(), "cannot open /: it is a directory");
}

struct Trickle(Vec<u8>, usize);

impl ByteSource for Trickle {
    fn read(&mut self, buffer: &mut [u8], _: Halt<'_>) -> Result<Read, SourceError> {
        let n = (self.0.len() - self.1).min(7).min(buffer.len());
        buffer[..n].copy_from_slice(&self.0[self.1..self.1 + n]);
        self.1 += n;
        Ok(if n == 0 { Read::End } else { Read::Bytes(n) })
    }

    fn is_ready(&mut self) -> bool {
        true
    }

    fn taken(&self) -> u64 {
        self.1 as u64
    }

    fn size(&self) -> Option<u64> {
        None
    }
}

#[test]
fn a_trickling_source_loses_nothing() {
    let bytes = pattern(10_000);
    let mut stream = Stream::over(Box::new(Trickle(bytes.clone(), 0)), "trickle".into());
    assert!(drain(&mut stream).unwrap() == bytes);
}

#[test]
fn a_full_disk_is_told_with_the_bytes_that_got_out() {
    let mut sink = Sink::create("/dev/full").unwrap();
    let error = sink.write(b"anything", never()).unwrap_err();
    assert_eq!(error, SinkError::Write { name: "/dev/full".into(), written: 0, why: "No space left on device".into() });
}

#[test]
fn a_file_sink_writes_everything() {
    let path = scratch("sink", b"");
    let mut sink = Sink::create(path.to_str().unwrap()).unwrap();
    sink.write(b"one ", never()).unwrap();
    sink.write(b"two", never()).unwrap();
    assert_eq!(sink.written(), 7);
    assert_eq!(std::fs::read(&path).unwrap(), b"one two");
    std::fs::remove_file(path).unwrap();
}

/// A named pipe that nobody writes to yet.
fn fifo(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("hftz-source-{}-{name}", std::process::id()));
    let c_path = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: the path is a string that ends in a zero.
    assert_eq!(unsafe { libc::mkfifo(c_path.as_ptr(), 0o600) }, 0);
    path
}

#[test]
fn a_pipe_is_waited_for_and_comes_through_whole_whatever_the_pieces() {
    let bytes = pattern(3_000_001);
    let path = fifo("pipe");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut to = std::fs::File::options().write(true).open(&path).unwrap();
            let (mut rest, mut piece) = (&bytes[..], 1);
            while !rest.is_empty() {
                let (now, later) = rest.split_at(piece.min(rest.len()));
                to.write_all(now).unwrap();
                (rest, piece) = (later, piece * 7 % 300_007);
            }
        });
        let mut stream = Stream::open(path.to_str().unwrap(), never()).unwrap();
        assert_eq!(stream.size(), None);
        assert!(drain(&mut stream).unwrap() == bytes);
        assert_eq!(stream.taken(), 3_000_001);
    });
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_pipe_nobody_writes_to_is_left_when_told() {
    let path = fifo("silent");
    let halt: Halt<'_> = &|| true;
    let mut stream = Stream::open(path.to_str().unwrap(), halt).unwrap();
    assert!(!stream.is_ready());
    assert_eq!(stream.fill(halt).unwrap(), Fill::Stopped);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_pipe_that_has_only_begun_to_be_gzip_is_left_when_told() {
    let path = fifo("begun");
    // Open for both, so that opening it waits for nobody and its end does not come.
    let mut writer = std::fs::File::options().read(true).write(true).open(&path).unwrap();
    writer.write_all(&gzip(b"never")[..2]).unwrap();
    let mut stream = Stream::open(path.to_str().unwrap(), never()).unwrap();
    assert!(stream.gzip().is_some());
    assert_eq!(stream.fill(&|| true).unwrap(), Fill::Stopped);
    drop(stream);
    std::fs::remove_file(path).unwrap();
}
