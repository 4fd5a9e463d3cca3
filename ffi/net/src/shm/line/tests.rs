use super::*;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::thread;

fn place(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("hftz-line-{name}-{}", std::process::id()))
}

/// The exchange's side and a client's.
fn pair(name: &str) -> (SharedLine, SharedLine) {
    let path = place(name);
    let listener = UnixListener::bind(&path).unwrap();
    let joining = {
        let path = path.clone();
        thread::spawn(move || SharedLine::join(&path).unwrap())
    };
    let exchange = SharedLine::offer(listener.accept().unwrap().0).unwrap();
    let client = joining.join().unwrap();
    std::fs::remove_file(path).unwrap();
    (exchange, client)
}

fn refusal(name: &str, answer: impl FnOnce(UnixStream) + Send + 'static) -> String {
    let path = place(name);
    let listener = UnixListener::bind(&path).unwrap();
    let answering = thread::spawn(move || answer(listener.accept().unwrap().0));
    let error = SharedLine::join(&path).err().unwrap();
    answering.join().unwrap();
    std::fs::remove_file(path).unwrap();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    error.to_string()
}

#[test]
fn bytes_go_both_ways_in_order_and_the_end_comes_after_them() {
    let (mut exchange, mut client) = pair("order");
    let sent: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let expected = sent.clone();
    // An echo, in pieces of all lengths; both rings run full.
    let echo = thread::spawn(move || {
        let (mut buffer, mut length) = (vec![0; 70_000], 1);
        while !exchange.is_over() {
            let count = exchange.receive(&mut buffer[..length]);
            exchange.write_all(&buffer[..count]).unwrap();
            length = length * 7 % 69_997 + 1;
        }
    });
    let (mut at, mut heard, mut buffer) = (0, Vec::new(), vec![0; 65_536]);
    while at < sent.len() {
        let end = sent.len().min(at + 1 + at % 5_000);
        at += client.send(&sent[at..end]);
        let count = client.receive(&mut buffer);
        heard.extend_from_slice(&buffer[..count]);
    }
    client.close();
    client.read_to_end(&mut heard).unwrap();
    assert!(heard == expected);
    echo.join().unwrap();
    assert!(client.is_abandoned() && client.is_over());
}

#[test]
fn who_sleeps_is_woken_and_who_does_not_is_left_alone() {
    let (mut exchange, mut client) = pair("sleep");
    client.send(b"one");
    assert!(!crate::wait_readable(&[exchange.as_fd()], Duration::ZERO).unwrap());
    exchange.begin_sleep();
    client.send(b"two");
    assert!(crate::wait_readable(&[exchange.as_fd()], NAP).unwrap());
    exchange.hear();
    exchange.end_sleep();
    let mut buffer = [0; 16];
    assert_eq!((exchange.receive(&mut buffer), exchange.is_gone), (6, false));
    // Room that was made wakes as well.
    client.begin_sleep();
    exchange.send(b"back");
    client.hear();
    exchange.begin_sleep();
    client.receive(&mut buffer);
    assert!(crate::wait_readable(&[exchange.as_fd()], NAP).unwrap());
}

#[test]
fn the_death_of_the_other_side_is_heard_after_what_it_sent() {
    let (mut exchange, mut client) = pair("death");
    client.send(b"last words");
    // A process that is killed says nothing: its rings stay as they were, and the kernel closes its socket.
    client.socket.shutdown(std::net::Shutdown::Both).unwrap();
    exchange.hear();
    assert!(exchange.is_abandoned() && !exchange.is_over() && exchange.is_ready());
    let mut buffer = [0; 32];
    assert_eq!(exchange.receive(&mut buffer), 10);
    assert!(exchange.is_over());
    drop(client);
}

#[test]
fn memory_of_another_version_or_with_rings_elsewhere_is_refused() {
    let give = |word: [u8; 8], bytes: usize, words: [u64; 4]| {
        move |socket: UnixStream| {
            let (memory, file) = Mapping::create(bytes).unwrap();
            // SAFETY: a page has room for four words.
            unsafe { memory.start().cast::<[u64; 4]>().write(words) };
            handover::give(&socket, word, file.as_fd()).unwrap();
        }
    };
    let first = u64::from_le_bytes(MAGIC);
    assert!(refusal("version", give(*b"HFTZSHM\x02", PAGE, [0; 4])).contains("version 2, not \"HFTZSHM\", version 1"));
    assert!(refusal("short", give(MAGIC, 8, [0; 4])).contains("HFTZSHM"));
    assert!(refusal("empty", give(MAGIC, PAGE, [first, 0, 0, 0])).contains("no ring"));
    for place in [1 << 20, u64::MAX, 128, 1] {
        refusal("place", give(MAGIC, 2 * PAGE, [first, 0, place, place]));
    }
    refusal("nobody", drop);
}
