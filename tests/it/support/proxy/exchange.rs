//! One request and its answer on their way through the proxy.

use super::Shared;
use super::faults::{End, Fault, Side, Told, While};
use super::leg::Leg;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long the answer that does not count is waited for, to know what was in it.
const LOSER: Duration = Duration::from_secs(2);

pub(super) struct Exchange<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) request: &'a [u8],
    pub(super) is_get: bool,
    pub(super) fault: Fault,
}

/// An answer, and the connection it came on.
type Got = (Vec<u8>, Leg);

/// Whether the server was asked the same more than once.
type Repeated = bool;

impl Exchange<'_> {
    /// Passes it; gives the page's connection back if it is still open.
    pub(super) async fn pass(&self, client: Leg) -> io::Result<Option<Leg>> {
        if let Fault::Cut { side: Side::Page, when: While::Asking, at, end, .. } = self.fault {
            return self.cut_asking(client, at, end).await;
        }
        let got = tokio::select! {
            got = self.obtain() => got,
            () = client.gone() => return Ok(None),
        };
        let Ok(((answer, far), repeated)) = got else {
            client.end(End::Fin).await;
            return Ok(None);
        };
        // A request whose every answer is lost is what tells a repetition from a next request.
        let again = if repeated { self.shared.faults.lock().expect("no panic while held").again() } else { None };
        self.deliver(client, &answer, far, again.unwrap_or(self.fault)).await
    }

    /// The page's connection breaks before its request is complete; or just after.
    async fn cut_asking(&self, client: Leg, at: usize, end: End) -> io::Result<Option<Leg>> {
        // An orderly end after the whole request is no cut.
        let at = at % (self.request.len() + usize::from(end == End::Rst));
        let mut far = Leg::connect(self.shared.server).await?;
        drop(far.write(&self.request[..at]).await);
        self.shared.count(|stats| stats.cut(Side::Page, While::Asking, end, at));
        far.end(end).await;
        client.end(end).await;
        Ok(None)
    }

    /// Gets an answer from the server; a GET is repeated once.
    async fn obtain(&self) -> io::Result<(Got, Repeated)> {
        let first = match self.fault {
            Fault::Twice => self.twice().await,
            _ => self.once().await,
        };
        match first {
            Err(_) if self.is_get => {
                self.shared.count(|stats| stats.retries += 1);
                let mut far = Leg::connect(self.shared.server).await?;
                far.write(self.request).await?;
                Ok((read(far).await?, true))
            }
            got => Ok((got?, self.fault == Fault::Twice)),
        }
    }

    async fn once(&self) -> io::Result<Got> {
        let mut far = Leg::connect(self.shared.server).await?;
        match self.fault {
            Fault::Cut { side: Side::Server, when: While::Asking, at, end, .. } => {
                let at = at % self.request.len();
                drop(far.write(&self.request[..at]).await);
                self.shared.count(|stats| stats.cut(Side::Server, While::Asking, end, at));
                far.end(end).await;
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Fault::Cut { side: Side::Server, when: While::Answering, end: End::Fin, .. } => {
                // The whole answer is lost on the way, and nothing tells the server so.
                far.write(self.request).await?;
                let (answer, far) = read(far).await?;
                self.shared.count(|stats| {
                    stats.cut(Side::Server, While::Answering, End::Fin, answer.len());
                    stats.destroyed(&answer, Told::Never);
                });
                far.end(End::Fin).await;
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Fault::Cut { side: Side::Server, when: While::Answering, at, end, .. } => {
                far.write(self.request).await?;
                // Answers are longer than that; what is left unread makes every end a reset.
                let at = at % 300;
                if let Ok(Some(whole)) = far.message_within(at).await {
                    return Ok((whole, far));
                }
                let lost = far.seen().await;
                self.shared.count(|stats| {
                    stats.cut(Side::Server, While::Answering, end, at);
                    stats.destroyed(&lost, Told::Late);
                });
                far.end(end).await;
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Fault::Dribble => {
                self.shared.count(|stats| stats.dribbles += 1);
                far.dribble(self.request).await?;
            }
            Fault::HalfClose(_) => {
                self.shared.count(|stats| stats.half_closes += 1);
                far.write(self.request).await?;
                far.half_close().await?;
            }
            _ => far.write(self.request).await?,
        }
        read(far).await
    }

    /// Sends it twice at the same time.
    async fn twice(&self) -> io::Result<Got> {
        self.shared.count(|stats| stats.twice += 1);
        let mut both = [Leg::connect(self.shared.server).await?, Leg::connect(self.shared.server).await?];
        for far in &mut both {
            far.write(self.request).await?;
        }
        let [one, other] = both;
        let (mut one, mut other) = (tokio::spawn(read(one)), tokio::spawn(read(other)));
        let (first, rest) = tokio::select! {
            got = &mut one => (got, other),
            got = &mut other => (got, one),
        };
        match first.map_err(io::Error::other)? {
            Ok(got) => {
                let shared = Arc::clone(self.shared);
                tokio::spawn(async move {
                    if let Ok(Ok(Ok((answer, _)))) = timeout(LOSER, rest).await {
                        shared.count(|stats| stats.destroyed(&answer, Told::Never));
                    }
                });
                Ok(got)
            }
            Err(_) => rest.await.map_err(io::Error::other)?,
        }
    }

    async fn deliver(&self, mut client: Leg, answer: &[u8], far: Leg, fault: Fault) -> io::Result<Option<Leg>> {
        match fault {
            Fault::Cut { side: Side::Page, at, end, other, .. } => {
                let at = at % (answer.len() + 1);
                let given = client.write(&answer[..at]).await;
                let told = match other {
                    // The twin of this request was a next poll to the server.
                    End::Rst if self.fault == Fault::Twice => Told::Late,
                    End::Rst => Told::InTime,
                    End::Fin | End::Kept => Told::Never,
                };
                self.shared.count(|stats| {
                    stats.cut(Side::Page, While::Answering, end, at);
                    if at < answer.len() || given.is_err() {
                        stats.destroyed(answer, told);
                    }
                });
                // The server learns of it first, so that the page cannot be faster.
                far.end(other).await;
                client.end(end).await;
                return Ok(None);
            }
            Fault::Stall(time) => {
                self.shared.count(|stats| stats.stalls += 1);
                tokio::select! {
                    () = sleep(time) => {}
                    () = client.gone() => {
                        self.shared.count(|stats| stats.destroyed(answer, Told::InTime));
                        far.end(End::Rst).await;
                        return Ok(None);
                    }
                }
            }
            _ => {}
        }
        let given = if fault == Fault::Dribble { client.dribble(answer).await } else { client.write(answer).await };
        if given.is_err() {
            self.shared.count(|stats| stats.destroyed(answer, Told::InTime));
            far.end(End::Rst).await;
            return Ok(None);
        }
        Ok(Some(client))
    }
}

async fn read(mut far: Leg) -> io::Result<Got> {
    let answer = far.message().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((answer, far))
}
