//! What was found in a journal, what is kept of it and what is cut: values for programs, text for people.

use crate::names;
use std::fmt;

/// What is wrong at one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The bytes of a record do not give its checksum.
    Checksum,
    /// A record runs past the end of its file: the file was truncated, or the length is damaged.
    Overrun { needs: usize, left: usize },
    /// A whole record that does not belong here.
    Sequence { found: u64 },
    /// A whole record of a kind that this version does not write.
    Kind { kind: u8 },
    /// A commit mark that says what cannot be.
    Mark,
    /// Zeros or the end of the file, and more of the log after it: whatever lay here is gone.
    Gone,
    /// The log ends before what is known to have been written: the end was cut off or overwritten by zeros.
    Short { known: u64 },
    /// The header of a segment is damaged or was never written.
    Header,
    /// The file of a segment is longer than a segment can be.
    Oversized { bytes: u64 },
    /// There is no file of this number, and there are later ones, or a snapshot that needs it.
    Missing,
    /// Not a segment, or one of another journal.
    Foreign,
    /// A segment of a format that this program does not read.
    Version { found: u32 },
}

impl Fault {
    /// Whether a crash or a power cut in the middle of writing can leave this behind.
    #[must_use]
    pub fn can_be_torn(self) -> bool {
        !matches!(self, Self::Missing | Self::Foreign | Self::Version { .. } | Self::Oversized { .. })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum => f.write_str("the checksum does not match"),
            Self::Overrun { needs, left } => write!(f, "the record needs {needs} bytes and the file has {left} left"),
            Self::Sequence { found } => write!(f, "record {found} stands here"),
            Self::Kind { kind } => write!(f, "the record has the unknown kind {kind}"),
            Self::Mark => f.write_str("the commit mark is impossible"),
            Self::Gone => f.write_str("nothing stands here, and more of the log follows"),
            Self::Short { known } => write!(f, "the log ends here, but record {known} was once durable"),
            Self::Header => f.write_str("the header of the segment is damaged or was never written"),
            Self::Oversized { bytes } => write!(f, "the file has {bytes} bytes, more than a segment can have"),
            Self::Missing => f.write_str("the segment is missing"),
            Self::Foreign => f.write_str("the file does not belong to this journal"),
            Self::Version { found } => {
                write!(f, "the segment has format version {found}, which this program does not read")
            }
        }
    }
}

/// A fault and its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Number of the segment.
    pub segment: u64,
    /// Byte in the segment's file.
    pub offset: u64,
    /// The record that should stand there.
    pub sequence: u64,
    pub fault: Fault,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, offset, sequence, fault } = self;
        write!(f, "{} at byte {offset}, where record {sequence} is expected: {fault}", names::log(*segment))
    }
}

impl std::error::Error for Damage {}

/// What lies behind the damage and is not kept.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Cut {
    /// Bytes up to the last one that is not zero, over all segments.
    pub bytes: u64,
    /// Records that are still whole.
    pub whole: u64,
    /// Segments that go entirely.
    pub segments: u64,
}

/// What recovery makes of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing there yet.
    Empty,
    Sound,
    /// Everything up to the highest commit mark is there; what a crash left behind it is cut.
    Torn {
        damage: Damage,
        cut: Cut,
    },
    /// Something that was known durable is damaged. Forced, what comes before is kept.
    Damaged {
        damage: Damage,
        cut: Cut,
    },
}

/// What was found when a journal was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The directory.
    pub place: String,
    pub segments: usize,
    /// First record that the log still has; 0 when it has none.
    pub first: u64,
    /// Last record kept; 0 when there is none.
    pub last: u64,
    /// Records read and checked.
    pub checked: u64,
    /// Commit marks read.
    pub marks: u64,
    /// Highest sequence that the log or a snapshot says was durable.
    pub durable: u64,
    /// Sequence of the snapshot that recovery starts from.
    pub snapshot: Option<u64>,
    /// Snapshots that were passed over: name and why.
    pub skipped: Vec<(String, String)>,
    /// Damage before the snapshot, which recovery does not need to read (looked for only when asked).
    pub past: Option<Damage>,
    /// Whether damage is to be lived with.
    pub forced: bool,
    /// Files that are not the journal's; they are left alone.
    pub strangers: Vec<String>,
    /// The segment written last, when its file is shorter than it was made: number, bytes it has, bytes it had.
    pub short: Option<(u64, u64, u64)>,
    pub verdict: Verdict,
}

impl Report {
    /// Whether the journal may be used without being forced.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !self.forced && (self.past.is_some() || matches!(self.verdict, Verdict::Damaged { .. }))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, segments, first, last, checked, durable, .. } = self;
        if self.verdict == Verdict::Empty {
            write!(f, "journal {place}: nothing there yet, starting empty")?;
        } else if *last == 0 {
            write!(f, "journal {place}: no records in {}", Counted(*segments as u64, "segment"))?;
            if *segments == 0 {
                f.write_str(": nothing was ever logged, or the log was taken away")?;
            }
        } else {
            write!(f, "journal {place}: records {first} to {last} in {}", Counted(*segments as u64, "segment"))?;
            write!(f, ", {checked} read and checked")?;
            write!(f, ", known durable up to {durable}")?;
        }
        if let Some(sequence) = self.snapshot {
            write!(f, "\n  starts from the snapshot of record {sequence}")?;
        }
        for (name, why) in &self.skipped {
            write!(f, "\n  {name} is passed over: {why}")?;
        }
        if let Some(damage) = &self.past {
            write!(f, "\n  history is damaged before the snapshot, the state is not: {damage}")?;
        }
        for name in &self.strangers {
            write!(f, "\n  {name} is not the journal's and is left alone")?;
        }
        if let Some((segment, bytes, made)) = self.short {
            write!(f, "\n  {} has {bytes} bytes and was made with {made}: ", names::log(segment))?;
            f.write_str("a recovery cut it, or somebody did, and what was there is not known")?;
        }
        match &self.verdict {
            Verdict::Empty | Verdict::Sound => Ok(()),
            Verdict::Torn { damage, cut } => {
                write!(f, "\n  torn tail: {damage}\n  kept: {}; cut: {cut}", Kept(*last))?;
                f.write_str(", none of it known durable")
            }
            Verdict::Damaged { damage, cut } => {
                write!(f, "\n  damaged: {damage}")?;
                match durable.checked_sub(damage.sequence) {
                    Some(0) => f.write_str("\n  that record was known durable")?,
                    Some(after) => write!(f, "\n  {} records from there on were known durable", after + 1)?,
                    None => f.write_str("\n  a crash does not leave this behind")?,
                }
                if self.forced {
                    write!(f, "\n  kept: {}; set aside in *.cut files: {cut}", Kept(*last))
                } else {
                    write!(f, "\n  nothing is changed; forced, it would keep {} and set ", Kept(*last))?;
                    write!(f, "aside in *.cut files: {cut}")
                }
            }
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with ", Counted(self.bytes, "byte"))?;
        match self.whole {
            0 => f.write_str("no whole record")?,
            whole => write!(f, "{}", Counted(whole, "whole record"))?,
        }
        match self.segments {
            0 => Ok(()),
            segments => write!(f, ", {} of them entirely", Counted(segments, "segment")),
        }
    }
}

/// A number and its noun, which takes an "s" unless there is one.
struct Counted(u64, &'static str);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, noun) = self;
        write!(f, "{count} {noun}{}", if *count == 1 { "" } else { "s" })
    }
}

/// What stays of a log whose last good record is this.
struct Kept(u64);

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("nothing"),
            last => write!(f, "everything up to record {last}"),
        }
    }
}
