//! Load balancing without sockets: what moves next between two of them.

pub mod relay;
