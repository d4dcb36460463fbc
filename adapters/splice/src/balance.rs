//! The route of a load balancer: for each thread a [`Balancer`](barewire::balance::Balancer) for each pool of backends.
//!
//! A [`Plan`] says what there is to balance; [`routes`] makes a [`Balanced`] for each thread, to be given to
//! [`serve_all`](crate::serve_all), and the [`Control`] of all of them, which takes another plan while they run.
//!
//! Threads share nothing. So each checks the backends for itself, has its own turns, and has a share of all
//! [`Limits`]: with fewer places than threads, a thread has one all the same.
//!
//! ```
//! use barewire::balance::Config;
//! use barewire_splice::balance::{Entry, Limits, Plan, Pool, Server, routes};
//! use barewire_splice::{Metrics, Options, Stop, listen, serve};
//!
//! let servers = vec![Server::new("a", "127.0.0.1:8081".parse::<std::net::SocketAddr>()?.into())];
//! let pool = Pool::new("web", Config::builder(), servers);
//! let plan = Plan { pools: vec![pool], entries: vec![Entry::to(0)] };
//! let (mut routes, control) = routes(&plan, 2, |_note| {})?;
//! let listeners = listen("127.0.0.1:0".parse()?, 2)?;
//! let stop = Stop::new();
//! # stop.stop();
//! serve(listeners, |_thread| routes.pop().unwrap(), &Options::default(), &stop, &Metrics::new())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod control;
mod plan;
mod pool;
mod route;

pub use check::HttpCheck;
pub use control::{Control, Latencies, PoolView, routes};
pub use plan::{Entry, Limits, Plan, PlanError, Pool, Server};
pub use route::{Access, Balanced, Note};
