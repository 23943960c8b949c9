//! WebSocket messages out of bytes, and back (RFC 6455). The bit format is tungstenite's; what is allowed, and a reader that
//! owns nothing while it waits, is ours: a library's reader keeps kilobytes for every idle page.

use crate::chat::goodbye::Goodbye;
use std::io::Cursor;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// A message, in bytes: a call with the longest body, every byte of it escaped as `\uXXXX`.
pub const MESSAGE_MAX: usize = 400 * 1024;
/// A control frame, in bytes.
const CONTROL_MAX: u64 = 125;

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// A text message, complete.
    Text(String),
    /// To be answered with a PONG of the same bytes.
    Ping(Vec<u8>),
    /// The answer to a PING.
    Pong(Vec<u8>),
    /// The client closes; with its code, to be repeated.
    Close(Option<u16>),
    /// A part of a message that is not complete.
    Part,
}

/// Puts messages together.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    /// The parts of a text so far.
    text: Option<Vec<u8>>,
}

impl Frames {
    /// Takes bytes from the socket.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next frame's meaning, if it is complete. After an error nothing more may be read.
    pub fn take(&mut self) -> Result<Option<Received>, Goodbye> {
        let mut cursor = Cursor::new(&self.bytes);
        let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|_| Goodbye::Broken)? else {
            return Ok(None);
        };
        let start = usize::try_from(cursor.position()).map_err(|_| Goodbye::Broken)?;
        let mask = self.check(&header, length)?;
        let end = start + usize::try_from(length).map_err(|_| Goodbye::TooLarge)?;
        let Some(payload) = self.bytes.get(start..end) else { return Ok(None) };
        let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        self.bytes.drain(..end);
        if self.bytes.is_empty() {
            self.bytes = Vec::new();
        }
        match header.opcode {
            OpCode::Control(control) => received_control(control, payload).map(Some),
            OpCode::Data(_) => self.received_data(payload, header.is_final).map(Some),
        }
    }

    /// Whether a frame may be, before its payload is waited for.
    fn check(&self, header: &FrameHeader, length: u64) -> Result<[u8; 4], Goodbye> {
        let goes_on = self.text.is_some();
        let so_far = self.text.as_ref().map_or(0, Vec::len) as u64;
        let mask = header.mask.ok_or(Goodbye::Broken)?;
        let good = match header.opcode {
            OpCode::Control(_) => header.is_final && length <= CONTROL_MAX,
            OpCode::Data(Data::Continue) => goes_on,
            OpCode::Data(Data::Text) => !goes_on,
            OpCode::Data(Data::Binary) => return Err(Goodbye::Bytes),
            OpCode::Data(Data::Reserved(_)) => false,
        };
        if !good || header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Goodbye::Broken);
        }
        if so_far.saturating_add(length) > MESSAGE_MAX as u64 { Err(Goodbye::TooLarge) } else { Ok(mask) }
    }

    fn received_data(&mut self, payload: Vec<u8>, is_final: bool) -> Result<Received, Goodbye> {
        let mut text = self.text.take().unwrap_or_default();
        if text.is_empty() {
            text = payload;
        } else {
            text.extend_from_slice(&payload);
        }
        if is_final {
            return String::from_utf8(text).map(Received::Text).map_err(|_| Goodbye::NotText);
        }
        self.text = Some(text);
        Ok(Received::Part)
    }
}

fn received_control(control: Control, payload: Vec<u8>) -> Result<Received, Goodbye> {
    match control {
        Control::Ping => Ok(Received::Ping(payload)),
        Control::Pong => Ok(Received::Pong(payload)),
        Control::Close => close_code(&payload).map(Received::Close),
        Control::Reserved(_) => Err(Goodbye::Broken),
    }
}

/// The code of a CLOSE, which must be one that may stand there, with a reason in UTF-8.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Goodbye> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return if payload.is_empty() { Ok(None) } else { Err(Goodbye::Broken) };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Goodbye::Broken);
    }
    if std::str::from_utf8(reason).is_err() { Err(Goodbye::NotText) } else { Ok(Some(code)) }
}

/// A text message as one frame.
pub fn text(payload: &[u8]) -> Vec<u8> {
    frame(OpCode::Data(Data::Text), payload)
}

/// A PING that carries `payload`.
pub fn ping(payload: &[u8]) -> Vec<u8> {
    frame(OpCode::Control(Control::Ping), payload)
}

/// The answer to a PING.
pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(OpCode::Control(Control::Pong), payload)
}

/// A CLOSE with a code and a reason of at most 123 bytes.
pub fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(OpCode::Control(Control::Close), &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

fn frame(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    let mut bytes = Vec::with_capacity(payload.len() + 10);
    // Writing to memory cannot fail.
    drop(header.format(payload.len() as u64, &mut bytes));
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A client's frame, masked.
    fn sent(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let length = u8::try_from(payload.len()).expect("short");
        let mut bytes = vec![first, 0x80 | length];
        bytes.extend(mask);
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Vec<Received>, Goodbye> {
        let (mut frames, mut all) = (Frames::default(), Vec::new());
        frames.feed(bytes);
        while let Some(received) = frames.take()? {
            all.push(received);
        }
        Ok(all)
    }

    #[test]
    fn messages_are_put_together_around_control_frames() {
        let bytes = [sent(0x01, b"hel"), sent(0x89, b"x"), sent(0x80, b"lo"), sent(0x8a, b"7")].concat();
        let all = [
            Received::Part,
            Received::Ping(b"x".to_vec()),
            Received::Text("hello".into()),
            Received::Pong(b"7".to_vec()),
        ];
        assert_eq!(read(&bytes).unwrap(), all);
        assert_eq!(read(&sent(0x88, &[0x03, 0xe8])).unwrap(), [Received::Close(Some(1000))]);
        assert_eq!(read(&sent(0x88, b"")).unwrap(), [Received::Close(None)]);
    }

    #[test]
    fn what_the_protocol_forbids_is_told_apart() {
        assert_eq!(read(&[0x81, 0x01, b'x']), Err(Goodbye::Broken), "not masked");
        assert_eq!(read(&sent(0xc1, b"x")), Err(Goodbye::Broken), "an extension nobody asked for");
        assert_eq!(read(&sent(0x80, b"x")), Err(Goodbye::Broken), "goes on with nothing");
        assert_eq!(read(&[sent(0x01, b"a"), sent(0x81, b"b")].concat()), Err(Goodbye::Broken), "two at a time");
        assert_eq!(read(&sent(0x09, b"x")), Err(Goodbye::Broken), "a control frame in parts");
        assert_eq!(read(&sent(0x82, b"x")), Err(Goodbye::Bytes));
        assert_eq!(read(&sent(0x81, &[0xff])), Err(Goodbye::NotText));
        assert_eq!(read(&sent(0x88, &[0x03])), Err(Goodbye::Broken), "half a code");
        assert_eq!(read(&sent(0x88, &[0x03, 0xed])), Err(Goodbye::Broken), "1005 is never sent");
        assert_eq!(read(&[0x81, 0xff, 0, 0, 0, 0, 0, 7, 0, 1, 0, 0, 0, 0]), Err(Goodbye::TooLarge));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            drop(read(&bytes));
        }

        #[test]
        fn how_the_bytes_arrive_does_not_matter(text in ".{0,20}", at in 0usize..90) {
            let bytes = sent(0x81, text.as_bytes());
            let mut frames = Frames::default();
            let (early, late) = bytes.split_at(at.min(bytes.len()));
            frames.feed(early);
            let mut all = Vec::from_iter(frames.take().unwrap());
            frames.feed(late);
            all.extend(frames.take().unwrap());
            prop_assert_eq!(all, [Received::Text(text)]);
        }
    }
}
