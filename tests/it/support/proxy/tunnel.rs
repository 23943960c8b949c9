//! A stream on its way through the proxy: bytes in both directions until something is cut.

use super::Shared;
use super::faults::{End, Fault, Pace, Side, While};
use super::leg::Leg;
use std::io;
use tokio::io::AsyncReadExt;
use tokio::time::sleep;

/// Carries a stream that begins with `request`.
pub(super) async fn carry(
    shared: &Shared,
    client: Leg,
    request: &[u8],
    (fault, pace): (Fault, Pace),
) -> io::Result<()> {
    let far = Leg::connect(shared.server).await?;
    let mut tunnel = Tunnel { shared, client, far, fault, pace, up: 0, down: 0, is_closing: false };
    if !tunnel.pass_up(request).await? {
        return tunnel.end().await;
    }
    let (mut from_client, mut from_far) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    loop {
        let goes_on = tokio::select! {
            count = tunnel.client.stream.read(&mut from_client) => match count? {
                0 => return Ok(()),
                count => tunnel.pass_up(&from_client[..count]).await?,
            },
            count = tunnel.far.stream.read(&mut from_far) => match count? {
                0 => return Ok(()),
                count => tunnel.pass_down(&from_far[..count]).await?,
            },
        };
        if !goes_on {
            return tunnel.end().await;
        }
    }
}

struct Tunnel<'a> {
    shared: &'a Shared,
    client: Leg,
    far: Leg,
    fault: Fault,
    pace: Pace,
    up: usize,
    down: usize,
    is_closing: bool,
}

impl Tunnel<'_> {
    /// Passes bytes on to the server. Whether it goes on.
    async fn pass_up(&mut self, bytes: &[u8]) -> io::Result<bool> {
        if self.is_closing {
            return Ok(true);
        }
        let begin = self.up;
        self.up += bytes.len();
        match self.fault {
            Fault::Cut { when: While::Asking, at, .. } if (begin..=self.up).contains(&at) => {
                drop(self.far.write(&bytes[..at - begin]).await);
                return Ok(false);
            }
            Fault::HalfClose(at) if (begin..=self.up).contains(&at) => {
                self.shared.count(|stats| stats.half_closes += 1);
                self.far.write(&bytes[..at - begin]).await?;
                self.is_closing = true;
                self.far.half_close().await?;
            }
            _ if self.pace == Pace::Dribble => self.far.dribble(bytes).await?,
            _ => self.far.write(bytes).await?,
        }
        Ok(true)
    }

    /// Passes bytes on to the page. Whether it goes on.
    async fn pass_down(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let begin = self.down;
        self.down += bytes.len();
        match self.fault {
            Fault::Cut { when: While::Answering, at, .. } if (begin..=self.down).contains(&at) => {
                drop(self.client.write(&bytes[..at - begin]).await);
                return Ok(false);
            }
            _ => {}
        }
        match std::mem::replace(&mut self.pace, Pace::Usual) {
            Pace::Stall(time) => {
                self.shared.count(|stats| stats.stalls += 1);
                sleep(time).await;
                self.client.write(bytes).await?;
            }
            Pace::Dribble => {
                self.shared.count(|stats| stats.dribbles += u32::from(begin == 0));
                self.client.dribble(bytes).await?;
                self.pace = Pace::Dribble;
            }
            Pace::Usual => self.client.write(bytes).await?,
        }
        Ok(true)
    }

    /// Ends both connections as the fault says.
    async fn end(self) -> io::Result<()> {
        let Fault::Cut { side, when, at, end, other } = self.fault else { return Ok(()) };
        self.shared.count(|stats| stats.cut(side, when, end, at));
        let (for_page, for_server) = if side == Side::Page { (end, other) } else { (other, end) };
        // The page must see an end, or it would listen to nothing for long.
        let for_page = if for_page == End::Kept { End::Rst } else { for_page };
        self.far.end(for_server).await;
        self.client.end(for_page).await;
        Ok(())
    }
}
