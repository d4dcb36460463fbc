//! `barewire balance`, with backends that say who they are.

use crate::support::{Folder, Server, barewire};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// How many exchanges there are between two changes under load, unless the environment asks for more.
fn stretch() -> usize {
    std::env::var("BAREWIRE_EXCHANGES").ok().and_then(|count| count.parse().ok()).unwrap_or(50)
}

/// Answers each line with its name, until its client ends.
struct Backend {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    /// What came of each connection.
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    thread: Option<JoinHandle<()>>,
}

impl Backend {
    fn start(name: &'static str) -> Self {
        Self::on("127.0.0.1:0".parse().unwrap(), name)
    }

    fn on(address: SocketAddr, name: &'static str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, heard) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (stopped, hears) = (Arc::clone(&stop), Arc::clone(&heard));
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let Ok((stream, _)) = listener.accept() else {
                    thread::sleep(Duration::from_millis(2));
                    continue;
                };
                stream.set_nonblocking(false).unwrap();
                let hears = Arc::clone(&hears);
                thread::spawn(move || answer(stream, name, &hears));
            }
        });
        Self { address, stop, heard, thread: Some(thread) }
    }

    fn to(&self) -> String {
        self.address.to_string()
    }

    /// Listens no more. Its connections go on.
    fn leave(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.leave();
    }
}

fn answer(stream: TcpStream, name: &str, heard: &Mutex<Vec<Vec<u8>>>) {
    let mut all = Vec::new();
    let mut lines = BufReader::new(&stream);
    while let Ok(more @ 1..) = lines.read_until(b'\n', &mut all) {
        if all.ends_with(b"?\n") && more > 0 && writeln!(&stream, "{name}").is_err() {
            break;
        }
    }
    if !all.is_empty() {
        heard.lock().unwrap().push(all);
    }
}

/// Ends the clients, in a panic too: nobody would wait for those who never end.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn balance(args: &[&str]) -> Server {
    Server::start(&[&["balance", "--threads", "1"], args].concat())
}

fn configured(folder: &Folder, config: &str) -> Server {
    let path = folder.write("lb.toml", config.as_bytes());
    Server::start_as(&["balance", "--config", &path])
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Who answers on this connection.
fn ask(stream: &mut TcpStream) -> std::io::Result<String> {
    stream.write_all(b"who?\n")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    match line.pop() {
        Some('\n') => Ok(line),
        _ => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// A whole exchange: a question, an answer, and both ends.
fn exchange(to: SocketAddr) -> std::io::Result<String> {
    let mut stream = connect(to);
    let answer = ask(&mut stream)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    match stream.read(&mut [0])? {
        0 => Ok(answer),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

#[track_caller]
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Where it says that its metrics are.
fn operator(server: &mut Server) -> SocketAddr {
    loop {
        let line = server.line();
        assert_ne!(line, "", "no address of metrics");
        if let Some(rest) = line.trim().strip_prefix("curl http://").and_then(|rest| rest.strip_suffix("/metrics")) {
            return rest.parse().unwrap();
        }
    }
}

fn get(at: SocketAddr, path: &str) -> String {
    let mut stream = connect(at);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    all
}

/// One number of the metrics.
fn number(at: SocketAddr, name: &str) -> u64 {
    let text = get(at, "/metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

fn is_reset(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0]), Err(error) if error.kind() == ErrorKind::ConnectionReset)
}

#[test]
fn in_turns_and_counted() {
    let (a, b) = (Backend::start("a"), Backend::start("b"));
    let mut server = balance(&["--to", &a.to(), "--to", &b.to(), "--metrics", "127.0.0.1:0", "--log"]);
    let names: Vec<_> = (0..10).map(|_| exchange(server.address).unwrap()).collect();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    let at = operator(&mut server);
    assert!(get(at, "/health").starts_with("HTTP/1.1 200 "));
    assert!(get(at, "/nothing").starts_with("HTTP/1.1 404 "));
    eventually("all have ended", || number(at, "barewire_connections") == 0);
    for backend in [&a, &b] {
        let labels = format!("{{pool=\"default\",backend=\"{}\"}}", backend.address);
        assert_eq!(number(at, &format!("barewire_backend_picks_total{labels}")), 5);
        assert_eq!(number(at, &format!("barewire_backend_sent_bytes_total{labels}")), 25);
        assert_eq!(number(at, &format!("barewire_backend_received_bytes_total{labels}")), 10);
    }
    assert_eq!(number(at, "barewire_bytes_copied_total") + number(at, "barewire_bytes_spliced_total"), 70);
    assert_eq!(number(at, "barewire_connect_seconds_count{pool=\"default\"}"), 10);
    let logged = core::iter::from_fn(|| Some(server.line())).find(|line| line.starts_with("client=")).unwrap();
    assert!(logged.contains(&format!(" server={} ", a.address)) && logged.contains(" end=closed"), "{logged}");
}

#[test]
fn a_wrong_file_says_where() {
    let folder = Folder::new();
    let pool = "[pool.web]\nservers = [\"127.0.0.1:1\"]\n";
    let listener = "[[listener]]\nlisten = \":0\"\npool = \"web\"\n";
    for (config, line, what) in [
        (format!("{listener}{pool}policy = \"best\"\n"), 6, "not a policy"),
        (format!("{listener}{pool}polciy = \"maglev\"\n"), 6, "polciy"),
        (format!("{listener}[pool.web]\nservers = [\n\"127.0.0.1:1\",\n\"nobody\"]\n"), 7, "not an address"),
        (format!("{listener}[pool.web]\nservers = [{{ to = \"1.2.3.4:5\", wieght = 1 }}]\n"), 5, "wieght"),
        (format!("{pool}[[listener]]\nlisten = \":0\"\npool = \"wbe\"\n"), 5, "there is no [pool.wbe]"),
        (format!("{pool}\n\n[[listener]]\nlisten = \":0\"\n"), 5, "needs `pool`"),
        (format!("{listener}[pool.web]\nservers = []\n"), 4, "no servers"),
        (format!("{listener}{pool}max_attempts = 0\n"), 4, "max_attempts must be 1 to 8"),
        (format!("{listener}{pool}check = \"ping\"\n"), 6, "not a check"),
        (format!("{listener}accept_proxy = [\"10.0.0.1/8\"]\n{pool}"), 4, "10.0.0.1/8"),
        (format!("{listener}{pool}rise = \n"), 6, ""),
        (format!("{listener}{pool}grace = -1\n"), 6, "grace"),
        (format!("grace = -1\n{listener}{pool}"), 1, "seconds"),
        (format!("{listener}[pool.web]\nservers = [{{ to = \"1.2.3.4:5\", max_connections = 0 }}]\n"), 4, "at least 1"),
    ] {
        let path = folder.write("lb.toml", config.as_bytes());
        let output = barewire(&["balance", "--check-config", "--config", &path], b"");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{config}: {said}");
        assert!(said.contains(&format!("{path}:{line}: ")) && said.contains(what), "{config}: {said}");
    }
    let path = folder.write("lb.toml", format!("{listener}{pool}").as_bytes());
    let output = barewire(&["balance", "--check-config", "--config", &path], b"");
    assert!(output.status.success() && output.stdout.ends_with(b": right\n"));
    let all = format!(
        "threads = 1\nmax_connections = 9\ngrace = 1\nidle_timeout = 7.5\nmetrics = \":0\"\nlog = true\n{listener}\
         names = {{ \"a.example\" = \"web\" }}\naccept_proxy = [\"10.0.0.0/8\", \"::1\"]\n\
         [[listener]]\nlisten = [\":0\", \"[::1]:0\"]\npool = \"web\"\n\
         [pool.web]\nservers = [\"[::1]:1\", {{ name = \"x\", to = \"unix:/x\", weight = 2, max_connections = 3, drain = true }}]\n\
         policy = \"maglev\"\nsend_proxy = \"v2\"\ncheck = \"http:/h?x\"\ncheck_host = \"a.example\"\n\
         check_status = [200, 204]\ncheck_interval = 1\ncheck_timeout = 1\nrise = 1\nfall = 1\nclose_when_down = true\n\
         max_connections = 5\nmax_queue = 0\nqueue_timeout = 1\nconnect_timeout = 1\nattempt_timeout = 0.5\n\
         max_attempts = 2\nslow_start = 1\neject_after = 0\nejection_time = 1\nmax_ejected = 100\nfail_open = 50\n\
         rate = 10\nsource_rate = 5\n"
    );
    let path = folder.write("lb.toml", all.as_bytes());
    let output = barewire(&["balance", "--check-config", "--config", &path], b"");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = barewire(&["balance", "--to", "nobody"], b"");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn checks_find_a_backend_down_and_up_again() {
    let (mut a, b) = (Backend::start("a"), Backend::start("b"));
    let folder = Folder::new();
    let mut server = configured(
        &folder,
        &format!(
            "threads = 1\nmetrics = \"127.0.0.1:0\"\n[[listener]]\nlisten = \"127.0.0.1:0\"\npool = \"p\"\n[pool.p]\n\
             servers = [\"{}\", \"{}\"]\ncheck = \"tcp\"\ncheck_interval = 0.1\nrise = 2\nfall = 2\n",
            a.address, b.address
        ),
    );
    let at = operator(&mut server);
    let up = format!("barewire_backend_threads_up{{pool=\"p\",backend=\"{}\"}}", a.address);
    assert_eq!(number(at, &up), 1);
    a.leave();
    eventually("it is down", || number(at, &up) == 0);
    assert!((0..10).all(|_| exchange(server.address).unwrap() == "b"));
    let failures = format!("barewire_backend_connect_failures_total{{pool=\"p\",backend=\"{}\"}}", a.address);
    assert_eq!(number(at, &failures), 0, "nobody but the checks has tried it");
    let a = Backend::on(a.address, "a");
    eventually("it is up", || number(at, &up) == 1);
    eventually("it is chosen", || exchange(server.address).unwrap() == "a");
    drop((a, server));
}

/// A page that is not there is an answer, but not a good one.
#[test]
fn checks_by_http_go_by_the_status() {
    let site = Server::start(&["serve", "--runtime", "std"]);
    for (path, well) in [("/health", 1), ("/absent", 0)] {
        let to = site.address.to_string();
        let check = format!("http:{path}");
        let mut server = balance(&["--to", &to, "--check", &check, "--metrics", "127.0.0.1:0"]);
        let at = operator(&mut server);
        let failed = format!("barewire_backend_failed_checks_total{{pool=\"default\",backend=\"{to}\"}}");
        let up = format!("barewire_backend_threads_up{{pool=\"default\",backend=\"{to}\"}}");
        eventually("checked", || if well == 0 { number(at, &failed) > 0 } else { number(at, &up) == 1 });
        thread::sleep(Duration::from_millis(300));
        assert_eq!(number(at, &up), well, "{path}");
    }
}

#[test]
fn a_backend_that_refuses_costs_a_try_and_is_ejected() {
    let (mut a, b) = (Backend::start("a"), Backend::start("b"));
    a.leave();
    let mut server = balance(&["--to", &a.to(), "--to", &b.to(), "--metrics", "127.0.0.1:0"]);
    let at = operator(&mut server);
    for _ in 0..20 {
        assert_eq!(exchange(server.address).unwrap(), "b");
    }
    let of = |name| format!("barewire_backend_{name}{{pool=\"default\",backend=\"{}\"}}", a.address);
    assert_eq!(number(at, &of("connect_failures_total")), 5);
    assert_eq!((number(at, &of("ejections_total")), number(at, &of("threads_ejected"))), (1, 1));
}

#[test]
fn a_backend_that_does_not_answer_is_paid_for_once() {
    // Its queue is full, so that it drops who else would connect.
    let hole = rig::hole();
    let b = Backend::start("b");
    let folder = Folder::new();
    let server = configured(
        &folder,
        &format!(
            "threads = 1\n[[listener]]\nlisten = \"127.0.0.1:0\"\npool = \"p\"\n[pool.p]\nattempt_timeout = 0.5\n\
             servers = [\"{}\", \"{}\"]\n",
            hole.address, b.address
        ),
    );
    let began = Instant::now();
    for _ in 0..4 {
        assert_eq!(exchange(server.address).unwrap(), "b");
    }
    let took = began.elapsed();
    assert!((0.5..1.4).contains(&took.as_secs_f64()), "{took:?}");
}

mod rig {
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::time::Duration;

    pub(super) struct Hole {
        pub(super) address: SocketAddr,
        _listener: TcpListener,
        _clients: Vec<TcpStream>,
    }

    /// A listener that accepts nobody and whose queue is full.
    pub(super) fn hole() -> Hole {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut clients = Vec::new();
        // The system's queue has 128 places and one more, or as many as it allows.
        while let Ok(client) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            clients.push(client);
            assert!(clients.len() < 10_000, "the queue is never full");
        }
        Hole { address, _listener: listener, _clients: clients }
    }
}

/// Eight clients go on while backends come and go by the file, and a broken one changes nothing.
#[test]
fn reloads_lose_nothing() {
    let backends = ["a", "b", "c"].map(Backend::start);
    let folder = Folder::new();
    let config = |names: &[usize]| {
        let servers: Vec<_> = names.iter().map(|at| format!("\"{}\"", backends[*at].address)).collect();
        format!(
            "threads = 2\nmetrics = \"127.0.0.1:0\"\n[[listener]]\nlisten = \"127.0.0.1:0\"\npool = \"p\"\n[pool.p]\n\
             servers = [{}]\n",
            servers.join(", ")
        )
    };
    let mut server = configured(&folder, &config(&[0, 1]));
    let at = operator(&mut server);
    let mut old = connect(server.address);
    let answers = ask(&mut old).unwrap();
    let (done, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let address = server.address;
    thread::scope(|scope| {
        let end = End(&done);
        let clients: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        exchange(address).unwrap();
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let go_on = || {
            let before = count.load(Ordering::Relaxed);
            eventually("exchanges go on", || count.load(Ordering::Relaxed) > before + stretch());
        };
        for (names, present) in [(&[1, 2][..], 2), (&[0, 2], 0), (&[0, 1, 2], 1)] {
            go_on();
            folder.write("lb.toml", config(names).as_bytes());
            server.signal("HUP");
            let has = |text: &str, place: usize| {
                backends.get(place).is_some_and(|it| text.contains(&format!("backend=\"{}\"", it.address)))
            };
            eventually("it was taken in", || has(&get(at, "/metrics"), present));
            go_on();
        }
        folder.write("lb.toml", b"[pool.p]\nservers = 7\n");
        server.signal("HUP");
        go_on();
        drop(end);
        clients.into_iter().for_each(|client| client.join().unwrap());
    });
    assert_eq!(ask(&mut old).unwrap(), answers, "a running connection is not touched");
    drop(old);
    server.signal("TERM");
    let (status, said) = server.wait();
    assert!(status.success(), "{said}");
    assert_eq!(said.matches("reloaded").count(), 3, "{said}");
    assert!(said.contains("lb.toml:2: ") && said.contains("the old configuration goes on"), "{said}");
}

#[test]
fn drained_backends_keep_what_they_have() {
    let (a, b) = (Backend::start("a"), Backend::start("b"));
    let folder = Folder::new();
    let config = |drain: bool| {
        format!(
            "threads = 1\nmetrics = \"127.0.0.1:0\"\n[[listener]]\nlisten = \"127.0.0.1:0\"\npool = \"p\"\n[pool.p]\n\
             servers = [{{ to = \"{}\", drain = {drain} }}, \"{}\"]\n",
            a.address, b.address
        )
    };
    let mut server = configured(&folder, &config(false));
    let at = operator(&mut server);
    let mut kept = core::iter::repeat_with(|| connect(server.address))
        .find_map(|mut stream| (ask(&mut stream).unwrap() == "a").then_some(stream))
        .unwrap();
    folder.write("lb.toml", config(true).as_bytes());
    server.signal("HUP");
    let draining = format!("barewire_backend_draining{{pool=\"p\",backend=\"{}\"}}", a.address);
    eventually("it drains", || number(at, &draining) == 1);
    assert!((0..6).all(|_| exchange(server.address).unwrap() == "b"));
    assert_eq!(ask(&mut kept).unwrap(), "a");
    folder.write("lb.toml", config(false).as_bytes());
    server.signal("HUP");
    eventually("it is chosen again", || exchange(server.address).unwrap() == "a");
}

#[test]
fn who_finds_no_place_waits_for_one() {
    let a = Backend::start("a");
    let folder = Folder::new();
    let server = configured(
        &folder,
        &format!(
            "threads = 4\n[[listener]]\nlisten = \"127.0.0.1:0\"\npool = \"p\"\n[pool.p]\nqueue_timeout = 0.6\n\
             max_queue = 1\nservers = [{{ to = \"{}\", max_connections = 1 }}]\n",
            a.address
        ),
    );
    let mut first = connect(server.address);
    assert_eq!(ask(&mut first).unwrap(), "a");
    let mut late = connect(server.address);
    late.write_all(b"who?\n").unwrap();
    thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    assert!(is_reset(&mut connect(server.address)), "there is one place to wait");
    assert!(began.elapsed() < Duration::from_millis(400), "{:?}", began.elapsed());
    assert!(is_reset(&mut late), "it waited too long");
    let mut next = connect(server.address);
    next.write_all(b"who?\n").unwrap();
    thread::sleep(Duration::from_millis(100));
    drop(first);
    let mut line = [0; 2];
    next.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"a\n");
}

#[test]
fn proxy_headers_come_and_go() {
    for version in ["v1", "v2"] {
        let a = Backend::start("a");
        let folder = Folder::new();
        let server = configured(
            &folder,
            &format!(
                "threads = 1\n[[listener]]\nlisten = \"127.0.0.1:0\"\npool = \"p\"\naccept_proxy = [\"127.0.0.0/8\"]\n\
                 [pool.p]\nsend_proxy = \"{version}\"\nservers = [\"{}\"]\n",
                a.address
            ),
        );
        let preamble = b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n";
        // At once with what follows, and by the byte.
        for pause in [None, Some(Duration::from_millis(2))] {
            let mut client = connect(server.address);
            client.set_nodelay(true).unwrap();
            match pause {
                None => client.write_all(&[&preamble[..], b"who?\n"].concat()).unwrap(),
                Some(pause) => {
                    for byte in [&preamble[..], b"who?\n"].concat() {
                        client.write_all(&[byte]).unwrap();
                        thread::sleep(pause);
                    }
                }
            }
            let mut answer = [0; 2];
            client.read_exact(&mut answer).unwrap();
            drop(client);
            eventually("it has ended", || !a.heard.lock().unwrap().is_empty());
            let heard = a.heard.lock().unwrap().remove(0);
            let expected = match version {
                "v1" => preamble.to_vec(),
                _ => b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x07\xdc\x04\x01\xbb".to_vec(),
            };
            assert_eq!(heard, [&expected[..], b"who?\n"].concat(), "{version}");
        }
        let mut wrong = connect(server.address);
        wrong.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        let mut left = Vec::new();
        let _ = wrong.read_to_end(&mut left);
        assert_eq!((left.len(), a.heard.lock().unwrap().len()), (0, 0), "no preamble, no connection");
    }
}

#[test]
fn tls_goes_where_its_name_leads() {
    let hello = include_bytes!("../peers/client_hello.bin");
    let (api, rest) = (Backend::start("api"), Backend::start("rest"));
    let folder = Folder::new();
    for (names, expected) in [
        ("\"api.example.com\" = \"api\"", "api"),
        ("\"*.Example.com\" = \"api\"", "api"),
        ("\"*.api.example.com\" = \"api\"", "rest"),
        ("\"example.com\" = \"api\"", "rest"),
    ] {
        let server = configured(
            &folder,
            &format!(
                "[[listener]]\nlisten = \"127.0.0.1:0\"\npool = \"rest\"\nnames = {{ {names} }}\n\
                 [pool.api]\nservers = [\"{}\"]\n[pool.rest]\nservers = [\"{}\"]\n",
                api.address, rest.address
            ),
        );
        for size in [hello.len(), 7] {
            let mut client = connect(server.address);
            client.set_nodelay(true).unwrap();
            for piece in hello.chunks(size) {
                client.write_all(piece).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
            client.write_all(b"\nwho?\n").unwrap();
            let mut answer = String::new();
            BufReader::new(&client).read_line(&mut answer).unwrap();
            assert_eq!(answer.trim(), expected, "{names}, by {size}");
            drop(client);
            let heard = if expected == "api" { &api.heard } else { &rest.heard };
            eventually("it has ended", || !heard.lock().unwrap().is_empty());
            assert_eq!(heard.lock().unwrap().remove(0), [&hello[..], b"\nwho?\n"].concat(), "it comes untouched");
        }
    }
}

#[test]
fn a_stop_lets_connections_finish() {
    let a = Backend::start("a");
    let server = balance(&["--to", &a.to(), "--grace", "20"]);
    let mut kept = connect(server.address);
    assert_eq!(ask(&mut kept).unwrap(), "a");
    server.signal("TERM");
    eventually("nobody listens", || TcpStream::connect(server.address).is_err());
    assert_eq!(ask(&mut kept).unwrap(), "a");
    drop(kept);
    let began = Instant::now();
    let (status, said) = server.wait();
    assert!(status.success() && !said.contains("cut"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_stop_cuts_who_does_not() {
    let a = Backend::start("a");
    let server = balance(&["--to", &a.to(), "--grace", "0.3"]);
    let mut kept = connect(server.address);
    assert_eq!(ask(&mut kept).unwrap(), "a");
    server.signal("INT");
    assert!(is_reset(&mut kept), "it doesn't look complete");
    let (status, said) = server.wait();
    assert!(status.success() && said.contains("--grace"), "{said}");
}

/// One process after the other has the port, and nobody notices.
#[test]
fn an_upgrade_loses_nothing() {
    let a = Backend::start("a");
    let folder = Folder::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (listen, path, to) = (format!("127.0.0.1:{port}"), folder.path("lb.sock"), a.to());
    let start = || {
        let args = ["balance", "--threads", "2", "--listen", &listen, "--to", &to, "--handover", &path];
        Server::start_as(&args)
    };
    let mut server = start();
    let address = server.address;
    let mut old = connect(address);
    assert_eq!(ask(&mut old).unwrap(), "a");
    let (done, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let before = thread::scope(|scope| {
        let end = End(&done);
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        exchange(address).unwrap();
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let mut before = Vec::new();
        for _ in 0..3 {
            let seen = count.load(Ordering::Relaxed);
            eventually("exchanges go on", || count.load(Ordering::Relaxed) > seen + stretch());
            // Until it has the path, another would find nobody to take over from.
            eventually("it hands over", || std::os::unix::net::UnixStream::connect(&path).is_ok());
            before.push(core::mem::replace(&mut server, start()));
        }
        drop(end);
        clients.into_iter().for_each(|client| client.join().unwrap());
        before
    });
    assert_eq!(ask(&mut old).unwrap(), "a", "what ran goes on");
    drop(old);
    for server in before {
        let (status, said) = server.wait();
        assert!(status.success() && said.contains("taken over"), "{said}");
    }
    assert_eq!(exchange(address).unwrap(), "a");
}
