//! Bodies of answers: whole ones, and those that are written while something happens.

use super::http2::UnderWay;
use bytes::Bytes;
use http_body_util::Full;
use http_body_util::channel::Channel;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::Receiver;

/// See the module.
pub(super) enum Body {
    /// All of it.
    Whole(Full<Bytes>),
    /// What is reported meanwhile.
    Reports(Channel<Bytes>),
    /// What a stream carries.
    Stream(Receiver<Bytes>),
    /// One of them, and what is kept until it is out.
    With(Box<Body>, #[expect(dead_code, reason = "it is there to be dropped")] UnderWay),
}

impl Body {
    /// Keeps something until it is out, or given up.
    pub(super) fn with(self, under_way: UnderWay) -> Self {
        Self::With(Box::new(self), under_way)
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Reports(body) => Pin::new(body).poll_frame(cx),
            Self::Stream(body) => body.poll_recv(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes)))),
            Self::With(body, _) => Pin::new(&mut **body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Reports(body) => body.is_end_stream(),
            Self::Stream(_) => false,
            Self::With(body, _) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::With(body, _) => body.size_hint(),
            Self::Reports(_) | Self::Stream(_) => SizeHint::default(),
        }
    }
}
