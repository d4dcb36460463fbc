//! `barewire`: servers, clients and a decoder on the engine, each on the runtime of your choice.

#![allow(clippy::std_instead_of_alloc, reason = "there is no command line without std")]

mod app;
mod args;
#[cfg(target_os = "linux")]
mod balance;
mod decode;
mod echo;
mod failure;
mod get;
mod print;
mod runtime;
mod send;
mod serve;
mod signal;
mod ws;

use args::{Args, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;
use tracing_subscriber::filter::LevelFilter;

fn main() -> ExitCode {
    let args = Args::parse();
    let (quiet, level) = match i16::from(args.verbose) - i16::from(args.quiet) {
        ..-1 => (true, LevelFilter::OFF),
        -1 => (true, LevelFilter::ERROR),
        0 => (false, LevelFilter::INFO),
        1 => (false, LevelFilter::DEBUG),
        2.. => (false, LevelFilter::TRACE),
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
    let done = match args.command {
        #[cfg(target_os = "linux")]
        Command::Balance(balance) => balance::run(&balance, quiet),
        Command::Serve(serve) => serve::run(&serve, quiet),
        Command::Echo(echo) => echo::run(&echo, quiet),
        Command::Get(get) => get::run(&get),
        Command::Ws(ws) => ws::run(&ws),
        Command::Send(send) => send::run(&send),
        Command::Decode(decode) => decode::run(&decode),
    };
    done.map_or_else(Failure::report, |()| ExitCode::SUCCESS)
}
