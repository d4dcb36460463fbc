//! What a configuration file may say, as it says it.

use barewire::balance::Policy;
use barewire::balance::proxy::{Network, Version};
use barewire_splice::Address;
use core::fmt;
use core::marker::PhantomData;
use core::net::SocketAddr;
use core::str::FromStr;
use core::time::Duration;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) threads: Option<usize>,
    pub(super) max_connections: Option<u32>,
    pub(super) grace: Option<Seconds>,
    pub(super) idle_timeout: Option<Seconds>,
    pub(super) metrics: Option<Parsed<Local>>,
    #[serde(default)]
    pub(super) log: bool,
    #[serde(default, rename = "listener")]
    pub(super) listeners: Vec<Spanned<Listener>>,
    #[serde(default, rename = "pool")]
    pub(super) pools: BTreeMap<String, Spanned<Pool>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listener {
    pub(super) listen: Several<Parsed<Local>>,
    pub(super) pool: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) names: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) accept_proxy: Vec<Parsed<Network>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pool {
    pub(super) servers: Vec<Server>,
    pub(super) policy: Option<Parsed<Chosen>>,
    pub(super) send_proxy: Option<Parsed<Told>>,
    pub(super) check: Option<Parsed<Checked>>,
    pub(super) check_host: Option<String>,
    pub(super) check_status: Option<(u16, u16)>,
    pub(super) check_interval: Option<Seconds>,
    pub(super) check_timeout: Option<Seconds>,
    pub(super) rise: Option<u16>,
    pub(super) fall: Option<u16>,
    pub(super) close_when_down: Option<bool>,
    pub(super) max_connections: Option<u32>,
    pub(super) max_queue: Option<u32>,
    pub(super) queue_timeout: Option<Seconds>,
    pub(super) connect_timeout: Option<Seconds>,
    pub(super) attempt_timeout: Option<Seconds>,
    pub(super) max_attempts: Option<u8>,
    pub(super) slow_start: Option<Seconds>,
    pub(super) eject_after: Option<u16>,
    pub(super) ejection_time: Option<Seconds>,
    pub(super) max_ejected: Option<u8>,
    pub(super) fail_open: Option<u8>,
    pub(super) rate: Option<u32>,
    pub(super) source_rate: Option<u32>,
}

#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: Option<String>,
    pub(super) to: Parsed<Backend>,
    pub(super) weight: u16,
    pub(super) max_connections: Option<u32>,
    pub(super) drain: bool,
}

impl Server {
    pub(super) fn new(to: Parsed<Backend>) -> Self {
        Self { name: None, to, weight: 1, max_connections: None, drain: false }
    }
}

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            name: Option<String>,
            to: Parsed<Backend>,
            weight: Option<u16>,
            max_connections: Option<u32>,
            #[serde(default)]
            drain: bool,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Server;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address, or a table with `to`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Server, E> {
                Parsed::deserialize(text.into_deserializer()).map(Server::new)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Server, A::Error> {
                let Table { name, to, weight, max_connections, drain } =
                    Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Server { name, to, weight: weight.unwrap_or(1), max_connections, drain })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// What is written as a string, read where its place in the file is known.
#[derive(Clone, Debug)]
pub(super) struct Parsed<T>(pub(super) T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|error| de::Error::custom(format_args!("`{}`: {error}", text.escape_debug())))
    }
}

/// One, or a list.
#[derive(Debug)]
pub(super) struct Several<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = Several<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, or a list of strings")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Several<T>, E> {
                T::deserialize(text.into_deserializer()).map(|one| Several(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Several<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = list.next_element()? {
                    all.push(one);
                }
                Ok(Several(all))
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// A time in seconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Seconds(pub(super) Duration);

impl TryFrom<f64> for Seconds {
    type Error = &'static str;

    fn try_from(seconds: f64) -> Result<Self, Self::Error> {
        Duration::try_from_secs_f64(seconds).map(Self).map_err(|_| "not a number of seconds")
    }
}

/// Where to listen: without an address, on all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Local(pub(super) SocketAddr);

impl FromStr for Local {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let whole = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
        whole.parse().map(Self).map_err(|_| "not an address to listen on, like :8080, 127.0.0.1:8080 or [::1]:8080")
    }
}

#[derive(Clone, Debug)]
pub(super) struct Backend(pub(super) Address);

impl FromStr for Backend {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("unix:") {
            Some("") => Err("a path is missing"),
            // As long as the system's structure has room for.
            Some(path) if path.len() > 107 => Err("the path is longer than 107 bytes"),
            Some(path) => Ok(Self(Address::Unix(path.into()))),
            None => {
                let address: Option<SocketAddr> = text.parse().ok();
                let address = address.filter(|address| address.port() != 0);
                let wrong = "not an address of a backend, like 10.0.0.1:80, [::1]:80 or unix:/run/app.sock";
                address.map(|address| Self(address.into())).ok_or(wrong)
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen(pub(super) Policy);

impl FromStr for Chosen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(match text {
            "round-robin" => Policy::RoundRobin,
            "least-connections" => Policy::LeastConnections,
            "two-choices" => Policy::TwoChoices,
            "least-latency" => Policy::LEAST_LATENCY,
            "source-hash" => Policy::SourceHash,
            "maglev" => Policy::MAGLEV,
            _ => {
                return Err(
                    "not a policy: round-robin, least-connections, two-choices, least-latency, source-hash or \
                            maglev",
                );
            }
        }))
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Told(pub(super) Version);

impl FromStr for Told {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "v1" => Ok(Self(Version::V1)),
            "v2" => Ok(Self(Version::V2)),
            _ => Err("not a version of the PROXY protocol: v1 or v2"),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Checked {
    Tcp,
    Http(String),
}

impl FromStr for Checked {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.strip_prefix("http:")) {
            ("tcp", _) => Ok(Self::Tcp),
            ("http", _) => Ok(Self::Http("/".into())),
            (_, Some(path)) if path.starts_with('/') => Ok(Self::Http(path.into())),
            _ => Err("not a check: tcp, http or http:/PATH"),
        }
    }
}
