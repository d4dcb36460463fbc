//! The vocabulary of HTTP (RFC 9110): what requests and responses are made of, whatever the version on the wire.

pub mod values;
