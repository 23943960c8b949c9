//! carry-2 gives a script its messages twice; the page must not show them twice. The answer is code, so it drops by itself what
//! the page has seen: its argument is this fixed function, called with the packet.
//!
//! COMPAT: for pages of the family that cannot acknowledge. The mark moves only after the page's function existed and returned:
//! where it is missing nothing of this runs, or the call of nothing raises an error as an exception in it does, and an error
//! leaves the mark where it was. An event stands nowhere in the log, comes once, and is kept. Written for the engines of 2005: no
//! syntax that is newer.

use crate::chat::session::SessionNumber;

/// `$o`: the window that outlives the answer. `$k`: the session and the life of its log.
const FILTER: &str = "(function(p){var w=window,o=$o,s=o._nextim=o._nextim||{},k=\"$k\",m=s[k]||0,t=m,a=[],g=1,i,x,\
h=function(){g=0},d=function(){if(w.removeEventListener)w.removeEventListener(\"error\",h,true);\
else if(w.detachEvent)w.detachEvent(\"onerror\",h);if(g&&t>(s[k]||0))s[k]=t};\
for(i=0;i<p.messages.length;i++){x=p.messages[i];if(!(x.seq<=m))a.push(x);if(x.seq>t)t=x.seq}p.messages=a;\
if(w.addEventListener)w.addEventListener(\"error\",h,true);else if(w.attachEvent)w.attachEvent(\"onerror\",h);\
if(w.Promise)w.Promise.resolve().then(d);else w.setTimeout(d,0);return p})";

/// What the page's function is called with: the filter, applied to a packet of `session` in the log's life `epoch`.
/// `callback` tells whether the answer runs in a frame of its page.
pub fn filtered(packet: &[u8], callback: &str, session: SessionNumber, epoch: &str) -> Vec<u8> {
    let window = if callback.starts_with("parent.") { "parent" } else { "window" };
    let epoch: String = epoch.chars().filter(char::is_ascii_alphanumeric).collect();
    let filter = FILTER.replace("$o", window).replace("$k", &format!("{:x}.{epoch}", session.0));
    [filter.as_bytes(), b"(", packet, b")"].concat()
}
