//! The command line.

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use core::fmt;
use core::time::Duration;
use std::path::PathBuf;

/// Servers, clients and a decoder on barewire, the protocol engine with no I/O in it.
#[derive(Debug, Parser)]
#[command(
    name = "barewire",
    version,
    propagate_version = true,
    after_help = "\
Examples:
  barewire serve                                     HTTP and messages on 127.0.0.1:8080
  barewire get -i http://127.0.0.1:8080/health       ask it
  barewire ws ws://127.0.0.1:8080/ws                 talk over a WebSocket, line by line
  barewire echo tcp --runtime smol                   a plain echo server
  barewire balance --to 127.0.0.1:8081 --to 127.0.0.1:8082
                                                     a load balancer on 127.0.0.1:8080
  barewire decode http1-request capture.bin          what a capture says, as lines of JSON

Exit codes: 0 for success and a clean stop, 1 for a failure, 2 for a wrong command line."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Tell more on standard error; twice: everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Tell only errors; twice: nothing
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "verbose")]
    pub(crate) quiet: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve HTTP, WebSocket and messages on one port, told apart by their first bytes
    #[command(after_help = "\
HTTP has `/` (a page that explains itself), `/explain` (the machines at work in your browser), `/health` and `/echo`, which
sends a POST's or PUT's body back as it comes, and a WebSocket at `/ws`, which sends each message back.
A message (header of magic 0xDEADBEEF, version 1, type, length) comes back as it is.

Ctrl-C or SIGTERM: no new connections, those that run may finish within --grace. A second one stops at once.

Examples:
  barewire serve
  barewire serve --listen 0.0.0.0:80 --runtime std --max-connections 500
  curl -i http://127.0.0.1:8080/health
  curl --data-binary @file http://127.0.0.1:8080/echo
  barewire ws ws://127.0.0.1:8080/ws
  barewire send 127.0.0.1:8080 hello")]
    Serve(Serve),
    /// Spread connections over backends
    #[cfg(target_os = "linux")]
    #[command(after_help = "\
A backend is ADDR:PORT or unix:PATH. One that refuses or doesn't answer costs a client no more than a try of another; with \
--check it is left out before anybody notices. A broken connection stays a broken one: what a backend cut never looks \
complete to the client.

SIGHUP reads --config again: no connection is lost, and a file that is wrong changes nothing. SIGTERM or Ctrl-C: no new \
connections, those that run may finish within --grace; a second one stops at once. To upgrade the binary, start both with \
the same --handover: the new one takes the sockets with whoever waits there, the old one finishes what it has and ends.

--metrics has /metrics, for Prometheus, and /health: 200 while every pool has a backend that is well, and 503 otherwise.

A file has all that the options have, and more:

  metrics = \"127.0.0.1:9100\"        # also: threads, max_connections, grace, idle_timeout, log

  [[listener]]
  listen = \":443\"                    # or [\":443\", \"[::1]:8443\"]
  pool = \"web\"                       # for those that no name leads elsewhere
  accept_proxy = [\"10.0.0.0/8\"]      # whose PROXY preambles are required and believed
  names = { \"api.example.com\" = \"api\", \"*.example.net\" = \"web\" }

  [pool.web]
  policy = \"least-connections\"
  check = \"http:/health\"             # or \"tcp\"
  servers = [\"10.0.0.1:443\", { to = \"10.0.0.2:443\", weight = 2, max_connections = 500 }]

  [pool.api]
  servers = [\"unix:/run/api.sock\", { to = \"10.0.0.3:443\", drain = true }]
  send_proxy = \"v2\"
  # also: check_host, check_status, check_interval, check_timeout, rise, fall, max_connections, max_queue, queue_timeout,
  # connect_timeout, attempt_timeout, max_attempts, slow_start, eject_after, ejection_time, max_ejected, fail_open,
  # close_when_down, rate, source_rate. Times are in seconds.

Examples:
  barewire balance --listen :8080 --to 127.0.0.1:8081 --to 127.0.0.1:8082
  barewire balance --listen :80 --to 10.0.0.1:80 --to 10.0.0.2:80 --check http:/health --metrics 127.0.0.1:9100
  barewire balance --config lb.toml --check-config && barewire balance --config lb.toml")]
    Balance(Box<Balance>),
    /// Send back whatever comes
    #[command(after_help = "\
Examples:
  barewire echo tcp --listen 127.0.0.1:7000
  barewire echo ws --listen 127.0.0.1:7000
  barewire echo http --runtime std --listen 127.0.0.1:0")]
    Echo(Echo),
    /// Fetch a URL over HTTP/1.1; the body goes to standard output as it arrives
    #[command(after_help = "\
Exit codes: 0 when a response came, whatever its status; 1 when the connection or the protocol failed; with --fail, 22 for a \
status of 400 or more, as curl has it.

Examples:
  barewire get http://127.0.0.1:8080/health
  barewire get -i -H 'Accept: text/html' http://127.0.0.1:8080/
  barewire get -X PUT -d @photo.jpg -o copy.jpg http://127.0.0.1:8080/echo
  tar c src | barewire get -d - http://127.0.0.1:8080/echo >copy.tar")]
    Get(Get),
    /// Talk over a WebSocket: lines in, messages out
    #[command(after_help = "\
Each line of standard input is sent as a text message, and each message that comes is printed on a line of its own; a binary
one as 0x and hexadecimal digits. With --binary whatever is read is sent as binary messages, and those that come are printed as
they are. At the end of the input the connection is closed, and what comes until the server has closed too is still printed.

At a terminal, or with --commands, a line that begins with a slash is a command:
  /ping                  ask for a sign of life, and tell how long it took
  /close [CODE [REASON]] close the connection
  //...                  the line without its first slash

Exit codes: 0 when the server closed with 1000, 1001 or no code; 1 when there was no connection, or no WebSocket, or it ended
otherwise.

Examples:
  barewire ws ws://127.0.0.1:8080/ws
  barewire ws -s chat.v2 -s chat.v1 -H 'Origin: https://example.com' ws://127.0.0.1:8080/ws
  barewire ws ws://127.0.0.1:8080/ws hello
  barewire ws --wait off ws://127.0.0.1:9000/prices </dev/null
  barewire ws --binary ws://127.0.0.1:8080/ws <photo.jpg >copy.jpg")]
    Ws(Ws),
    /// Send a message and print what comes back
    #[command(after_help = "\
Without --replies it ends its side after the message and prints what comes until the peer ends too.

Examples:
  barewire send 127.0.0.1:8080 hello
  barewire send --type 7 --replies 1 127.0.0.1:8080 hello
  barewire send --raw 127.0.0.1:8080 - <photo.jpg >copy.jpg")]
    Send(Send),
    /// Show what a machine makes of some bytes: one line of JSON for each event
    #[command(after_help = "\
Each line has the event, and in \"bytes\" from where to where in the input it goes. Payloads are strings where they are \
UTF-8, else {\"hex\": \"...\"}. Where the input breaks the protocol, the last line has \"error\", and the exit code is 1.

Examples:
  barewire decode http1-request capture.bin
  printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' | barewire decode http1-request
  barewire decode --cut 1 --method HEAD http1-response capture.bin | jq .status")]
    Decode(Decode),
}

#[cfg(target_os = "linux")]
#[derive(Debug, ClapArgs)]
pub(crate) struct Balance {
    /// Where to listen; with port 0 the system picks a free port, without ADDR it is every address
    #[arg(long, value_name = "[ADDR]:PORT", default_value = "127.0.0.1:8080", conflicts_with = "config")]
    pub(crate) listen: Vec<String>,
    /// A backend; may be repeated
    #[arg(long, value_name = "ADDR:PORT|unix:PATH", required_unless_present = "config", conflicts_with = "config")]
    pub(crate) to: Vec<String>,
    /// Who takes a new connection: round-robin, least-connections, two-choices, least-latency, source-hash or maglev
    #[arg(long, value_name = "POLICY", default_value = "round-robin", conflicts_with = "config")]
    pub(crate) policy: String,
    /// How to check the backends: tcp, http or http:/PATH
    #[arg(long, value_name = "CHECK", conflicts_with = "config")]
    pub(crate) check: Option<String>,
    /// Tell the backends who the client is, by the PROXY protocol: v1 or v2
    #[arg(long, value_name = "VERSION", conflicts_with = "config")]
    pub(crate) send_proxy: Option<String>,
    /// The most connections at once; more wait in the system's queue
    #[arg(long, value_name = "N")]
    pub(crate) max_connections: Option<u32>,
    /// How many threads; without it, one for each core
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Where to serve /metrics and /health
    #[arg(long, value_name = "[ADDR]:PORT")]
    pub(crate) metrics: Option<String>,
    /// How long running connections may take to finish after Ctrl-C or SIGTERM; without it, 10
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) grace: Option<Duration>,
    /// Print a line for each connection that has ended
    #[arg(long)]
    pub(crate) log: bool,
    /// Take listeners and backends from a TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Take the listening sockets over from the process that has this local socket, and hand them on by it
    #[arg(long, value_name = "PATH")]
    pub(crate) handover: Option<PathBuf>,
    /// Say whether the file is right, and end
    #[arg(long, requires = "config")]
    pub(crate) check_config: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Serve {
    /// Where to listen; with port 0 the system picks a free port
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Echo {
    /// What to send back
    #[arg(value_enum)]
    pub(crate) what: EchoKind,
    /// Where to listen; with port 0 the system picks a free port
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:7000")]
    pub(crate) listen: String,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EchoKind {
    /// Each byte of a stream, until its end
    Tcp,
    /// Each datagram
    Udp,
    /// Each message, with its type
    Message,
    /// Each request's body, with 200, for any method and path; CONNECT opens a tunnel that echoes
    Http,
    /// Each WebSocket message, whatever the path; of subprotocols, `echo` is spoken
    Ws,
}

/// What all servers have in common.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Server {
    /// What the server runs on (tokio takes its number of threads from TOKIO_WORKER_THREADS, smol from SMOL_THREADS)
    #[arg(long, value_enum, default_value_t = Runtime::Tokio)]
    pub(crate) runtime: Runtime,
    /// The most connections at once; more wait in the system's queue
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) max_connections: usize,
    /// How long running connections may take to finish after Ctrl-C or SIGTERM
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) grace: Duration,
    #[command(flatten)]
    pub(crate) limits: Limits,
}

/// How patient a server is. None of these concerns `echo tcp` and `echo udp`, which wait for ever.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Limits")]
pub(crate) struct Limits {
    /// How long a connection may be idle between requests or messages, or `off`
    #[arg(long, value_name = "SECONDS", default_value = "75")]
    pub(crate) idle_timeout: Patience,
    /// How long a request's head, or the first bytes of a connection, may take, or `off`
    #[arg(long, value_name = "SECONDS", default_value = "15")]
    pub(crate) head_timeout: Patience,
    /// How long a peer may be too slow within a body or a message, or `off`
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    pub(crate) body_timeout: Patience,
    /// How long a peer may be too slow in taking what is sent, or `off`
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub(crate) send_timeout: Patience,
    /// The longest HTTP body; a longer one is refused with 413. No limit unless given: bodies are not kept in memory
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_body: Option<u64>,
    /// The longest message
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 30)]
    pub(crate) max_message: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Get {
    /// What to fetch, like `http://127.0.0.1:8080/path?query`
    pub(crate) url: String,
    /// What the client runs on
    #[arg(long, value_enum, default_value_t = Runtime::Tokio)]
    pub(crate) runtime: Runtime,
    /// Print the response's head before its body
    #[arg(short, long)]
    pub(crate) include: bool,
    /// The request's method; without it GET, or POST with --data
    #[arg(short = 'X', long, value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// A field to send; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
    /// A body to send: text, @FILE, or - for standard input
    #[arg(short, long, value_name = "TEXT|@FILE|-", allow_hyphen_values = true)]
    pub(crate) data: Option<String>,
    /// Where to write the body instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How long to wait for the connection, for the response, and for a body that doesn't go on, or `off`
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub(crate) timeout: Patience,
    /// End with code 22, and print no body, when the status is 400 or more
    #[arg(short, long)]
    pub(crate) fail: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Ws {
    /// Where to, like `ws://127.0.0.1:8080/ws?query`
    pub(crate) url: String,
    /// One message to send instead of those from standard input
    pub(crate) text: Option<String>,
    /// Send bytes as they are read, and print binary messages as they are
    #[arg(short, long)]
    pub(crate) binary: bool,
    /// A subprotocol to ask for; may be repeated, the best first
    #[arg(short, long = "subprotocol", value_name = "NAME")]
    pub(crate) subprotocols: Vec<String>,
    /// A field to send; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
    /// Don't offer to compress
    #[arg(long)]
    pub(crate) plain: bool,
    /// How long to listen on at the end of the input before closing; `off`: until the server closes
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = wait)]
    pub(crate) wait: Patience,
    /// Send a ping so often, and tell how long its answer took
    #[arg(long, value_name = "SECONDS", value_parser = pause)]
    pub(crate) ping: Option<Duration>,
    /// Understand commands though standard input is no terminal
    #[arg(long, conflicts_with = "binary")]
    pub(crate) commands: bool,
    /// What the client runs on
    #[arg(long, value_enum, default_value_t = Runtime::Tokio)]
    pub(crate) runtime: Runtime,
    /// How long to wait for the connection, or `off`
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub(crate) timeout: Patience,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Send {
    /// Where to
    #[arg(value_name = "ADDR:PORT")]
    pub(crate) address: String,
    /// The payload; without it, or with -, standard input
    #[arg(value_name = "TEXT|-")]
    pub(crate) text: Option<String>,
    /// The message's type
    #[arg(long = "type", value_name = "N", default_value_t = 1)]
    pub(crate) kind: u16,
    /// Wait for this many replies, then end
    #[arg(long, value_name = "N")]
    pub(crate) replies: Option<u64>,
    /// Print nothing but the replies' payloads
    #[arg(long)]
    pub(crate) raw: bool,
    /// What the client runs on
    #[arg(long, value_enum, default_value_t = Runtime::Tokio)]
    pub(crate) runtime: Runtime,
    /// How long to wait for the connection, for a reply, and for one that doesn't go on, or `off`
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub(crate) timeout: Patience,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Decode {
    /// Which machine is to read the bytes
    #[arg(value_enum)]
    pub(crate) protocol: Protocol,
    /// The bytes; without it, or with -, standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: Option<PathBuf>,
    /// Feed the machine so many bytes at a time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) cut: Option<u64>,
    /// For http1-response: the method that the responses answer
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    pub(crate) method: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Protocol {
    /// What an HTTP/1.x client sends
    #[value(name = "http1-request")]
    Http1Request,
    /// What an HTTP/1.x server sends
    #[value(name = "http1-response")]
    Http1Response,
    /// The message protocol, either direction
    Message,
    /// What a WebSocket client sends, behind its handshake
    #[value(name = "websocket-client")]
    WebSocketClient,
    /// What a WebSocket server sends, behind its handshake
    #[value(name = "websocket-server")]
    WebSocketServer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    /// Threads, one for each connection
    Std,
    /// The smol runtime
    Smol,
    /// The tokio runtime
    Tokio,
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Std => "std",
            Self::Smol => "smol",
            Self::Tokio => "tokio",
        })
    }
}

/// A time limit, perhaps none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience(pub(crate) Option<Duration>);

impl core::str::FromStr for Patience {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            text => match seconds(text)? {
                Duration::ZERO => Err("zero would end everything at once; for no limit, say `off`".into()),
                span => Ok(Self(Some(span))),
            },
        }
    }
}

fn wait(text: &str) -> Result<Patience, String> {
    if text == "off" { Ok(Patience(None)) } else { seconds(text).map(|span| Patience(Some(span))) }
}

fn pause(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        Duration::ZERO => Err("a pause of zero is none".into()),
        span => Ok(span),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix('s').unwrap_or(text).parse::<f64>();
    let span = number.ok().and_then(|number| Duration::try_from_secs_f64(number).ok());
    span.ok_or_else(|| "not a number of seconds, like 10 or 0.5".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn times_are_seconds() {
        assert_eq!("0.5".parse(), Ok(Patience(Some(Duration::from_millis(500)))));
        assert_eq!("10s".parse(), Ok(Patience(Some(Duration::from_secs(10)))));
        assert_eq!("off".parse(), Ok(Patience(None)));
        for wrong in ["0", "-1", "NaN", "soon", "", "1e300"] {
            assert!(wrong.parse::<Patience>().is_err(), "{wrong}");
        }
    }
}
