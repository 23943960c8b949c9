//! The load generator: many members of a server, in processes of their own, who listen, write and open pages at moments that
//! are settled beforehand; every accepted message is looked for at every receiver. A client of servers, and nothing else:
//! it speaks the protocol itself (`client`), starts a server of its own as a process like any other (`own_server`), and adds
//! up what its clients found (`run`, `report`).

pub mod client;
mod clients;
mod latency;
mod machine;
mod own_server;
mod picture;
pub mod plan;
mod report;
mod run;
mod talk;

pub use own_server::become_server;
pub use picture::svg;
pub use report::Report;
pub use run::{Interrupt, Phase, Seen, run};
