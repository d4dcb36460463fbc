//! Why a command failed, and what to do about it.

use core::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// What ends a command with another exit code than 0.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    code: u8,
    /// It has been told already, or nobody is there to hear it.
    silent: bool,
}

impl Failure {
    /// With exit code 1.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: 1, silent: false }
    }

    /// An error, and what was being done when it came up.
    pub(crate) fn at(doing: impl Display, error: impl Display) -> Self {
        Self::new(format!("{doing}: {error}"))
    }

    /// Says what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With another exit code.
    pub(crate) fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// Ends with `code` and without a word.
    pub(crate) fn silent(code: u8) -> Self {
        Self { message: String::new(), hint: None, code, silent: true }
    }

    /// What happened.
    #[cfg(target_os = "linux")]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What could not be written to standard output. That nobody reads it any more (`| head`) is no failure.
    pub(crate) fn output(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::silent(0),
            _ => Self::at("cannot write the output", error),
        }
    }

    pub(crate) fn report(self) -> ExitCode {
        if !self.silent {
            // Where standard error is closed, the exit code has to do.
            let _ = writeln!(io::stderr(), "barewire: {}", self.message);
            if let Some(hint) = self.hint {
                let _ = writeln!(io::stderr(), "  {hint}");
            }
        }
        ExitCode::from(self.code)
    }
}
