//! Unix sockets that are found by a path.
//!
//! A socket keeps its mode from before it has a name, so that a place which is its owner's alone never was anybody else's, not
//! even for a moment: the kernel gives the name the mode that the descriptor has, less the process's umask.

use socket2::{Domain, SockAddr, Socket, Type};
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

/// Who may connect to a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guests {
    /// Whom the umask of the process lets in.
    Usual,
    /// This user.
    Owner,
}

/// A listener at `path` whose calls do not wait. A socket that nobody answers at was left by a process that was killed, and makes
/// way.
///
/// # Errors
/// `AddrInUse` when a process listens there, `AlreadyExists` when something is there that is no socket; those of the system.
pub fn listen_at(path: &Path, guests: Guests) -> io::Result<UnixListener> {
    clear(path)?;
    let socket = bind(path, guests)?;
    socket.listen(libc::SOMAXCONN)?;
    let listener = UnixListener::from(OwnedFd::from(socket));
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Takes away what a dead process left.
fn clear(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is something else than a socket"))
        }
        Ok(_) if UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) => {
            std::fs::remove_file(path)
        }
        // A living one is found by `bind`, and so is what else may be wrong with the path.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A socket with a name where nobody can connect yet.
fn bind(path: &Path, guests: Guests) -> io::Result<Socket> {
    let mut socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    if guests == Guests::Owner {
        // The descriptor passes for a file, which has the safe call for this.
        let file = File::from(OwnedFd::from(socket));
        file.set_permissions(Permissions::from_mode(0o600))?;
        socket = Socket::from(OwnedFd::from(file));
    }
    socket.bind(&SockAddr::unix(path)?)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::process::Command;

    const CHILD: &str = "HFTZ_TEST_PLACE";

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("hftz-place-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// A umask belongs to a process, so this test runs itself in another one, with a umask that takes nothing away.
    #[test]
    fn a_place_of_its_owners_alone_has_that_mode_from_its_first_moment_whatever_the_umask() {
        if let Some(directory) = std::env::var_os(CHILD) {
            let directory = PathBuf::from(directory);
            let (usual, owner) = (directory.join("usual"), directory.join("owner"));
            let _sockets = (bind(&usual, Guests::Usual).unwrap(), bind(&owner, Guests::Owner).unwrap());
            // The umask is what it should be: the other socket shows it.
            assert_eq!((mode(&usual), mode(&owner)), (0o777, 0o600));
            return;
        }
        let directory = scratch("umask");
        let own = "place::tests::a_place_of_its_owners_alone_has_that_mode_from_its_first_moment_whatever_the_umask";
        let mut child = Command::new("sh");
        child.args(["-c", "umask 0 && exec \"$@\"", "sh"]).arg(std::env::current_exe().unwrap());
        let done = child.args(["--exact", own]).env(CHILD, &directory).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn the_living_are_found_the_dead_make_way_and_what_is_no_socket_is_left_alone() {
        let directory = scratch("living");
        let path = directory.join("socket");
        let first = listen_at(&path, Guests::Owner).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(listen_at(&path, Guests::Usual).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        let second = listen_at(&path, Guests::Usual).unwrap();
        drop((UnixStream::connect(&path).unwrap(), second));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "a letter").unwrap();
        assert_eq!(listen_at(&path, Guests::Owner).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"a letter");
        std::fs::remove_dir_all(directory).unwrap();
    }
}
