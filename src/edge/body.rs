//! Bodies of answers: whole ones, and those that are written while something happens.

use bytes::Bytes;
use http_body_util::Full;
use http_body_util::channel::Channel;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::Receiver;

/// See the module.
pub enum Body {
    /// All of it.
    Whole(Full<Bytes>),
    /// What is reported meanwhile.
    Reports(Channel<Bytes>),
    /// What a stream carries.
    Stream(Receiver<Bytes>),
    /// All of it, and what follows when it has been handed over completely.
    Told(Option<Bytes>, Option<Box<dyn FnOnce() + Send>>),
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Reports(body) => Pin::new(body).poll_frame(cx),
            Self::Stream(body) => body.poll_recv(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes)))),
            Self::Told(bytes, follows) => Poll::Ready(match bytes.take() {
                Some(bytes) => Some(Ok(Frame::data(bytes))),
                None => {
                    if let Some(follow) = follows.take() {
                        follow();
                    }
                    None
                }
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Reports(body) => body.is_end_stream(),
            // Asked once more after its last piece: that is how it is known that it was taken.
            Self::Stream(_) | Self::Told(..) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Told(Some(bytes), _) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            Self::Reports(_) | Self::Stream(_) | Self::Told(None, _) => SizeHint::default(),
        }
    }
}
