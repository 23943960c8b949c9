//! The WebSocket reader: however the same bytes arrive, the same messages come out and the same end. The first byte says how
//! they are split; bit 7 says that the rest are payloads to be framed as a client would.

use nextim::chat::goodbye::Goodbye;
use nextim::edge::browser::transport::frames::{Frames, MESSAGE_MAX, Received};

type Outcome = (Vec<Received>, Option<Goodbye>);

fn read<'b>(pieces: impl Iterator<Item = &'b [u8]>) -> Outcome {
    let (mut frames, mut all) = (Frames::default(), Vec::new());
    for piece in pieces {
        frames.feed(piece);
        loop {
            match frames.take() {
                Ok(Some(received)) => all.push(received),
                Ok(None) => break,
                Err(why) => return (all, Some(why)),
            }
        }
    }
    (all, None)
}

/// Frames with the given first bytes and short payloads.
fn framed(mut rest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let [first, length, more @ ..] = rest {
        let length = usize::from(*length % 126).min(more.len());
        let mask = [*first, 0x55, 0, 0xff];
        bytes.extend([*first, 0x80 | u8::try_from(length).expect("short")]);
        bytes.extend(mask);
        bytes.extend(more[..length].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        rest = &more[length..];
    }
    bytes
}

pub fn check(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else { return };
    let bytes = if how & 0x80 == 0 { rest.to_vec() } else { framed(rest) };
    let whole = read(std::iter::once(&bytes[..]));
    let size = usize::from(how & 0x7f).max(1);
    assert_eq!(read(bytes.chunks(size)), whole, "in pieces of {size}");
    let (early, late) = bytes.split_at(usize::from(how & 0x7f).min(bytes.len()));
    assert_eq!(read([early, late].into_iter()), whole, "in two at {}", early.len());
    for received in &whole.0 {
        match received {
            Received::Text(text) => assert!(text.len() <= MESSAGE_MAX),
            Received::Ping(bytes) | Received::Pong(bytes) => assert!(bytes.len() <= 125),
            Received::Close(_) | Received::Part => {}
        }
    }
}
