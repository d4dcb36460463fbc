//! From a file, or the command line, to a plan.

use super::file::{Backend, Checked, Chosen, File, Listener, Local, Parsed, Pool, Seconds, Server, Told};
use crate::args::Balance;
use crate::failure::Failure;
use barewire::balance::{Check, Config, Rate, proxy};
use barewire_splice::balance::{self, Entry, HttpCheck, Limits, Plan};
use barewire_splice::{Address, Options};
use core::fmt::Display;
use core::net::SocketAddr;
use core::ops::Range;
use core::str::FromStr;
use core::time::Duration;
use std::path::Path;
use std::{fs, thread};

/// All there is to know.
pub(super) struct Setup {
    pub(super) plan: Plan,
    /// Where to listen, and by which of the plan's entries.
    pub(super) listeners: Vec<SocketAddr>,
    pub(super) threads: usize,
    pub(super) metrics: Option<SocketAddr>,
    pub(super) log: bool,
    pub(super) options: Options,
}

/// What is wrong, and where in the text.
struct Wrong(Option<Range<usize>>, String);

impl Wrong {
    fn at(place: Range<usize>, what: impl Display) -> Self {
        Self(Some(place), what.to_string())
    }
}

pub(super) fn load(args: &Balance) -> Result<Setup, Failure> {
    let Some(path) = &args.config else {
        return setup(of_args(args)?, args).map_err(|Wrong(_, what)| Failure::new(what).code(2));
    };
    let read = |error| Failure::at(format_args!("cannot read {}", path.display()), error);
    let text = fs::read_to_string(path).map_err(read)?;
    let file = toml::from_str::<File>(&text).map_err(|error| Wrong(error.span(), error.message().to_owned()));
    file.and_then(|file| setup(file, args)).map_err(|wrong| tell(path, &text, &wrong))
}

/// Names the file and the line, and shows it: the key is in it.
fn tell(path: &Path, text: &str, Wrong(place, what): &Wrong) -> Failure {
    let Some(place) = place else { return Failure::at(path.display(), what) };
    let before = text.get(..place.start).unwrap_or(text);
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default().trim();
    let what = what.lines().collect::<Vec<_>>().join(" ");
    Failure::new(format!("{}:{number}: {what}", path.display())).hint(format!("{number} | {line}"))
}

fn of_args(args: &Balance) -> Result<File, Failure> {
    fn parsed<T: FromStr<Err: Display>>(option: &str, text: &str) -> Result<Parsed<T>, Failure> {
        let parsed = text.parse().map(Parsed);
        parsed.map_err(|error| Failure::at(format_args!("{option} {}", text.escape_debug()), error).code(2))
    }
    let servers = args.to.iter().map(|to| parsed::<Backend>("--to", to).map(Server::new));
    let pool = Pool {
        servers: servers.collect::<Result<_, _>>()?,
        policy: Some(parsed::<Chosen>("--policy", &args.policy)?),
        check: args.check.as_deref().map(|check| parsed::<Checked>("--check", check)).transpose()?,
        send_proxy: args.send_proxy.as_deref().map(|told| parsed::<Told>("--send-proxy", told)).transpose()?,
        ..Pool::default()
    };
    let listen = args.listen.iter().map(|listen| parsed::<Local>("--listen", listen)).collect::<Result<_, _>>()?;
    let listener = Listener {
        listen: super::file::Several(listen),
        pool: Some(toml::Spanned::new(0..0, "default".into())),
        names: Default::default(),
        accept_proxy: Vec::new(),
    };
    Ok(File {
        listeners: vec![toml::Spanned::new(0..0, listener)],
        pools: [("default".to_owned(), toml::Spanned::new(0..0, pool))].into(),
        ..File::default()
    })
}

fn setup(file: File, args: &Balance) -> Result<Setup, Wrong> {
    let mut plan = Plan::default();
    for (name, pool) in &file.pools {
        let planned = planned(name, pool.get_ref()).map_err(|what| Wrong::at(pool.span(), what))?;
        let alone = Plan { pools: vec![planned.clone()], entries: Vec::new() };
        alone.validate().map_err(|error| Wrong::at(pool.span(), error))?;
        plan.pools.push(planned);
    }
    if file.listeners.is_empty() {
        return Err(Wrong(None, "there is no [[listener]]".into()));
    }
    let mut listeners = Vec::new();
    for listener in &file.listeners {
        let (place, listener) = (listener.span(), listener.get_ref());
        let find = |name: &toml::Spanned<String>| {
            let place = file.pools.keys().position(|known| known == name.get_ref());
            place.ok_or_else(|| Wrong::at(name.span(), format_args!("there is no [pool.{}]", name.get_ref())))
        };
        let mut entry = Entry { pool: listener.pool.as_ref().map(find).transpose()?, ..Entry::default() };
        for (name, pool) in &listener.names {
            entry.names.push((name.clone(), find(pool)?));
        }
        if entry.pool.is_none() && entry.names.is_empty() {
            return Err(Wrong::at(place, "a listener needs `pool`, `names` or both"));
        }
        if !listener.accept_proxy.is_empty() {
            let trusted = listener.accept_proxy.iter().map(|network| network.0);
            let config = proxy::Config::builder().trusted(trusted).build();
            entry.proxy = Some(config.map_err(|error| Wrong::at(place.clone(), error))?);
        }
        for Parsed(Local(address)) in &listener.listen.0 {
            if address.port() != 0 && listeners.contains(address) {
                return Err(Wrong::at(place, format_args!("{address} is listened on twice")));
            }
            listeners.push(*address);
            plan.entries.push(entry.clone());
        }
    }
    plan.validate().map_err(|error| Wrong(None, error.to_string()))?;
    let most = args.max_connections.or(file.max_connections).unwrap_or(100_000);
    let relay = barewire::balance::relay::Config::builder();
    let relay = match file.idle_timeout {
        Some(Seconds(idle)) => relay.idle(Some(idle)),
        None => relay,
    };
    let relay = relay.build().map_err(|error| Wrong(None, format!("idle_timeout: {error}")))?;
    let grace = args.grace.or(file.grace.map(|grace| grace.0)).unwrap_or(Duration::from_secs(10));
    let options = Options::builder().relay(relay).max_connections(most as usize).grace(grace).build();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let wanted = args.threads.or(file.threads).unwrap_or(cores);
    if wanted == 0 {
        return Err(Wrong(None, "threads must be at least 1".into()));
    }
    let metrics = match &args.metrics {
        Some(text) => Some(text.parse::<Local>().map_err(|error| Wrong(None, format!("--metrics {text}: {error}")))?),
        None => file.metrics.map(|local| local.0),
    };
    Ok(Setup {
        threads: wanted.min(narrowest(&plan)).min(most.max(1) as usize),
        listeners,
        metrics: metrics.map(|local| local.0),
        log: args.log || file.log,
        options: options.map_err(|error| Wrong(None, error.to_string()))?,
        plan,
    })
}

/// With more threads than places, each would have one all the same: a limit would not hold.
fn narrowest(plan: &Plan) -> usize {
    let limits = plan.pools.iter().flat_map(|pool| {
        let servers = pool.servers.iter().filter_map(|server| server.max_connections);
        servers.chain([pool.limits.max_connections])
    });
    limits.min().map_or(usize::MAX, |most| most.max(1) as usize)
}

fn planned(name: &str, pool: &Pool) -> Result<balance::Pool, String> {
    if pool.servers.is_empty() {
        return Err(format!("[pool.{name}] has no servers"));
    }
    let mut settings = Config::builder();
    macro_rules! set {
        ($($field:ident $(= $of:expr)?),* $(,)?) => {
            $(if let Some(value) = pool.$field {
                settings = settings.$field(set!(@ value $(, $of)?));
            })*
        };
        (@ $value:ident) => { $value };
        (@ $value:ident, $of:expr) => { $of($value) };
    }
    let span = |seconds: Seconds| seconds.0;
    set! {
        check_interval = span, check_timeout = span, rise, fall, close_when_down, queue_timeout = span,
        connect_timeout = span, attempt_timeout = span, max_attempts, ejection_time = span, max_ejected,
        slow_start = |seconds: Seconds| Some(seconds.0),
        // 0: never.
        eject_after = |times: u16| Some(times).filter(|times| *times > 0),
        fail_open = Some,
    }
    if let Some(interval) = pool.check_interval {
        settings = settings.check_fast_interval(interval.0.min(Duration::from_secs(1)));
    }
    if let Some(Parsed(Chosen(policy))) = pool.policy {
        settings = settings.policy(policy);
    }
    let mut http = HttpCheck::default();
    match &pool.check {
        None => {}
        Some(Parsed(Checked::Tcp)) => settings = settings.check(Some(Check::Tcp)),
        Some(Parsed(Checked::Http(path))) => {
            settings = settings.check(Some(Check::Http));
            http.path.clone_from(path);
        }
    }
    if let Some(host) = &pool.check_host {
        http.host.clone_from(host);
    }
    if let Some(statuses) = pool.check_status {
        http.statuses = statuses;
    }
    if !http.is_valid() {
        return Err("check, check_host and check_status don't make a request with an answer".into());
    }
    if pool.servers.iter().any(|server| server.max_connections == Some(0)) {
        return Err("max_connections of a server must be at least 1: drain = true gives it no new ones".into());
    }
    let servers = pool.servers.iter().map(|server| {
        let Parsed(Backend(address)) = server.to.clone();
        let called = server.name.clone().unwrap_or_else(|| match &address {
            Address::Tcp(address) => address.to_string(),
            Address::Unix(path) => format!("unix:{}", path.display()),
        });
        let mut planned = balance::Server::new(called, address);
        (planned.weight, planned.drain) = (server.weight, server.drain);
        planned.max_connections = server.max_connections;
        planned
    });
    let mut planned = balance::Pool::new(name, settings, servers.collect());
    let rate = |per_second: Option<u32>| per_second.map(|per_second| Rate { per_second, burst: per_second });
    planned.limits = Limits {
        max_connections: pool.max_connections.unwrap_or(planned.limits.max_connections),
        max_queue: pool.max_queue.unwrap_or(planned.limits.max_queue),
        rate: rate(pool.rate),
        source_rate: rate(pool.source_rate),
    };
    planned.http = http;
    planned.proxy = pool.send_proxy.as_ref().map(|told| told.0.0);
    Ok(planned)
}
