//! A client for the fuzzing server of Autobahn's test suite: it runs all cases, echoing what each sends.
//!
//! `cargo run -p barewire-websocket --example autobahn -- std|smol|tokio ws://127.0.0.1:9001 AGENT`

use barewire::websocket::extension::DeflateConfig;
use barewire::websocket::{Config, Event, handshake};
use barewire_websocket::{Error, Handshake, Url};
use core::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

type Failure = Box<dyn std::error::Error>;

fn client(url: &str) -> Result<(Url, handshake::Client), Failure> {
    let url: Url = url.parse()?;
    let agreement = handshake::Config::builder().deflate(Some(DeflateConfig::default())).build()?;
    let opening = url.opening(agreement)?;
    Ok((url, handshake::Client::new(opening)?))
}

/// All cases, with and without `async`.
macro_rules! run {
    ($base:ident, $agent:ident, $connect:path; $($await:tt)*) => {{
        let mut count = 0;
        let (url, machine) = client(&format!("{}/getCaseCount", $base))?;
        let connection = $connect(url.address(), PATIENCE, machine)$($await)*?;
        let (mut socket, _) = Handshake::new(connection).open(Config::default())$($await)*?;
        while let Some(event) = socket.next()$($await)*? {
            if let Event::Text(text) = event {
                count = text.parse::<u32>()?;
            }
        }
        for case in 1..=count {
            let (url, machine) = client(&format!("{}/runCase?case={case}&agent={}", $base, $agent))?;
            let connection = $connect(url.address(), PATIENCE, machine)$($await)*?;
            let (mut socket, _) = Handshake::new(connection).open(Config::default())$($await)*?;
            let end = loop {
                match socket.next()$($await)* {
                    Ok(Some(event @ (Event::Text(_) | Event::Binary(_)))) => {
                        if let Err(error) = socket.send(event)$($await)* {
                            break Err(error);
                        }
                    }
                    Ok(Some(_)) => {}
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            // Many cases break the protocol: the report says whether we noticed.
            if let Err(error @ (Error::Misuse(_) | Error::Handshake(_))) = end {
                eprintln!("case {case}: {error}");
            }
        }
        let (url, machine) = client(&format!("{}/updateReports?agent={}", $base, $agent))?;
        let connection = $connect(url.address(), PATIENCE, machine)$($await)*?;
        let (mut socket, _) = Handshake::new(connection).open(Config::default())$($await)*?;
        while socket.next()$($await)*?.is_some() {}
        println!("{count} cases as {}", $agent);
        Ok(())
    }};
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [runtime, base, agent] = &args[..] else { return Err("usage: autobahn RUNTIME ws://HOST:PORT AGENT".into()) };
    match &runtime[..] {
        "std" => run!(base, agent, barewire_std::connect;),
        "smol" => smol::block_on(async { run!(base, agent, barewire_smol::connect; .await) }),
        "tokio" => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async { run!(base, agent, barewire_tokio::connect; .await) })
        }
        other => Err(format!("no such runtime: {other}").into()),
    }
}
