//! What the doors answer, request by request; mirrors `src/edge`.

mod acks;
mod bad_input;
mod callbacks;
mod connection;
mod cookies;
mod events;
mod hosts;
mod http;
mod identity;
mod invisible;
mod limits;
mod many;
mod methods;
mod ok_forms;
mod paging;
mod polls;
mod read;
mod receipts;
mod redelivery;
mod restart;
mod search;
mod shapes;
mod socket_calls;
mod unconfirmed;
mod watch;
mod websocket;
