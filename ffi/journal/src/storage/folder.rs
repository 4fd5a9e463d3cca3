//! A real directory.
//!
//! A change of names is durable when the directory is synced, which every operation here does before it returns: they
//! happen a few times a second at most, and the log above is then free of that question.

use super::{Preparation, Segment, Storage, mapped::MappedSegment, written::Buffers};
use crate::error::Error;
use crate::names;
use crate::options::Medium;
use crate::pace::{PIECE, Pace, Work};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a snapshot that are written to the disk at one go.
const STORED: usize = 8 << 20;
/// Bytes of a new segment that are.
const SYNCED: usize = 1 << 20;

/// What a directory is opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Made if it is missing; nobody else may have it open.
    Write,
    /// Must exist; others may read too, nothing is changed.
    Read,
}

/// A directory, locked for as long as this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    lock: Option<File>,
    buffers: Arc<Buffers>,
}

impl Folder {
    /// Opens and locks a directory.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process has it, [`Error::Storage`] when the system refuses.
    pub fn open(path: &Path, access: Access) -> Result<Self, Error> {
        let place = path.display().to_string();
        if access == Access::Write {
            make(path).map_err(|error| Error::storage(format!("create the directory {place}"), &error))?;
        } else if !path.is_dir() {
            let error = io::Error::from_raw_os_error(libc::ENOENT);
            return Err(Error::storage(format!("open the journal {place}"), &error));
        }
        let lock = lock(path, access).map_err(|error| Error::storage(format!("lock {place}"), &error))?;
        let lock = match lock {
            Lock::Held(file) => Some(file),
            Lock::None => None,
            Lock::Busy(holder) => return Err(Error::Busy { place, holder }),
        };
        Ok(Self { path: path.to_path_buf(), lock, buffers: Arc::default() })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn sync_names(&self) -> io::Result<()> {
        sync_directory(&self.path)
    }

    fn fill(&self, unfinished: &str, header: &[u8], how: Preparation, work: &mut Work<'_>) -> io::Result<File> {
        let path = self.file(unfinished);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o640).open(path)?;
        reserve(&file, how.bytes)?;
        if how.hardened {
            let zeros = vec![0; PIECE];
            work.each(how.bytes, |from, to| {
                file.write_all_at(&zeros[..to - from], from as u64)?;
                // Little by little too: the commits of the log wait behind what the disk has to write.
                if to.is_multiple_of(SYNCED) { file.sync_data() } else { Ok(()) }
            })?;
        }
        file.write_all_at(header, 0)?;
        if how.hardened {
            file.sync_all()?;
        }
        Ok(file)
    }
}

impl Storage for Folder {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.path)?;
        let mut names = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        let data = std::fs::metadata(self.file(name))?;
        if data.is_file() { Ok(data.len()) } else { Err(io::Error::other("it is not a file")) }
    }

    fn read(&self, name: &str, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut file = File::open(self.file(name))?;
        file.seek(io::SeekFrom::Start(offset))?;
        let mut done = 0;
        while done < into.len() {
            match file.read(&mut into[done..]) {
                Ok(0) => break,
                Ok(some) => done += some,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn store(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let unfinished = self.file(&format!("{name}{}", names::UNFINISHED));
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o640).open(&unfinished)?;
            // In pieces: one long write-back would hold up the commits of the log.
            for piece in parts.iter().flat_map(|part| part.chunks(STORED)) {
                file.write_all(piece)?;
                if piece.len() == STORED {
                    file.sync_data()?;
                }
            }
            file.sync_all()?;
            std::fs::rename(&unfinished, self.file(name))
        };
        write().inspect_err(|_| drop(std::fs::remove_file(&unfinished)))?;
        self.sync_names()
    }

    fn harden(&self, name: &str) -> io::Result<()> {
        File::open(self.file(name))?.sync_all()
    }

    fn truncate(&self, name: &str, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(self.file(name))?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.file(from), self.file(to))?;
        self.sync_names()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.file(name))?;
        self.sync_names()
    }

    fn prepare(
        &self,
        name: &str,
        header: &[u8],
        how: Preparation,
        pace: &mut dyn Pace,
    ) -> io::Result<Arc<dyn Segment>> {
        let unfinished = format!("{name}{}", names::UNFINISHED);
        let mut work = Work::new(pace, how.work());
        let mut make = || -> io::Result<Arc<dyn Segment>> {
            let file = self.fill(&unfinished, header, how, &mut work)?;
            let segment: Arc<dyn Segment> = match how.medium {
                Medium::Mapped => Arc::new(MappedSegment::new(&file, how.bytes, &mut work)?),
                Medium::Written => Arc::new(Buffers::segment(&self.buffers, file, header, how.bytes, &mut work)?),
            };
            std::fs::rename(self.file(&unfinished), self.file(name))?;
            Ok(segment)
        };
        let segment = make().inspect_err(|_| drop(std::fs::remove_file(self.file(&unfinished))))?;
        self.sync_names()?;
        Ok(segment)
    }
}

fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
        _ => sync_directory(Path::new(".")),
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Takes the blocks from the file system, so that a full disk is noticed here and not under the writer.
fn reserve(file: &File, bytes: usize) -> io::Result<()> {
    loop {
        // SAFETY: a system call on a descriptor that `file` keeps open; no memory is passed.
        let status = unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, bytes as libc::off_t) };
        if status == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            // Some file systems cannot: the zeros written later, or the page faults, do it more slowly.
            Some(libc::EOPNOTSUPP | libc::ENOSYS) => return file.set_len(bytes as u64),
            _ => return Err(error),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Closing is not enough: a process that is just being forked elsewhere in this program holds the lock with us
        // until it becomes another program.
        if let Some(file) = &self.lock {
            // SAFETY: a system call on a descriptor that `file` keeps open; no memory is passed.
            let _ = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_UN) };
        }
    }
}

enum Lock {
    Held(File),
    /// A reader of a directory that has no lock file and cannot be given one.
    None,
    Busy(Option<u32>),
}

fn lock(path: &Path, access: Access) -> io::Result<Lock> {
    let path = path.join(names::LOCK);
    let mut options = OpenOptions::new();
    options.read(true);
    if access == Access::Write {
        options.write(true).create(true).truncate(false).mode(0o640);
    }
    let mut file = match options.open(&path) {
        Err(error) if access == Access::Read && error.kind() == io::ErrorKind::NotFound => return Ok(Lock::None),
        other => other?,
    };
    let how = if access == Access::Write { libc::LOCK_EX } else { libc::LOCK_SH };
    // SAFETY: a system call on a descriptor that `file` keeps open; no memory is passed.
    if unsafe { libc::flock(file.as_raw_fd(), how | libc::LOCK_NB) } != 0 {
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EWOULDBLOCK) {
            return Err(error);
        }
        let mut text = [0; 16];
        let length = file.read(&mut text)?;
        let holder = std::str::from_utf8(&text[..length]).ok().and_then(|text| text.trim().parse().ok());
        return Ok(Lock::Busy(holder));
    }
    if access == Access::Write {
        file.set_len(0)?;
        file.write_all(format!("{}\n", std::process::id()).as_bytes())?;
    }
    Ok(Lock::Held(file))
}
