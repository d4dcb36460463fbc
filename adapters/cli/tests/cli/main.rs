//! The built binary, with real peers on the loopback interface.
//!
//! A peer that is not installed is said so on standard error and passed over, unless `BAREWIRE_REQUIRE_PEERS=1`.
//! `.ci/peers` installs them all.

#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "a test that can't go on should stop")]

/// Runs each of these functions once for each runtime, and names it after that.
macro_rules! on_each_runtime {
    ($($test:ident)*) => {
        on_each_runtime! { @ on_std "std" $($test)* }
        on_each_runtime! { @ on_smol "smol" $($test)* }
        on_each_runtime! { @ on_tokio "tokio" $($test)* }
    };
    (@ $module:ident $runtime:literal $($test:ident)*) => {
        mod $module {
            $(
                #[test]
                fn $test() {
                    super::$test($runtime);
                }
            )*
        }
    };
}

#[cfg(target_os = "linux")]
mod balance;
mod browser;
mod curl;
mod decode;
mod echo;
mod nginx;
mod node;
mod python;
mod slow;
mod stop;
mod support;
mod usage;
mod websocket;
