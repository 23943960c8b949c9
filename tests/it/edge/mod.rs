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
mod many;
mod methods;
mod ok_forms;
mod polls;
mod receipts;
mod redelivery;
mod restart;
mod shapes;
mod slow_readers;
mod socket_calls;
mod unconfirmed;
mod waiting;
mod websocket;
