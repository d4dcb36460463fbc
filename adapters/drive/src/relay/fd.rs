use super::Wire;
use core::time::Duration;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown, sockopt};
use std::io;
use std::os::fd::AsFd;

/// Any socket of this system, set not to block.
#[derive(Clone, Copy, Debug)]
pub struct Fd<F>(pub F);

impl<F: AsFd> Wire for Fd<F> {
    #[inline]
    fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        Ok(recv(&self.0, into, RecvFlags::empty())?.0)
    }

    #[inline]
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send(&self.0, bytes, SendFlags::NOSIGNAL)?)
    }

    fn shutdown(&self) -> io::Result<()> {
        Ok(shutdown(&self.0, Shutdown::Write)?)
    }

    fn unacknowledged(&self) -> io::Result<usize> {
        queue::unacknowledged(self.0.as_fd())
    }

    fn reset(&self) -> io::Result<()> {
        Ok(sockopt::set_socket_linger(&self.0, Some(Duration::ZERO))?)
    }
}

#[cfg(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "x86",
        target_arch = "aarch64",
        target_arch = "arm",
        target_arch = "riscv64"
    )
))]
mod queue {
    use core::ffi::c_int;
    use rustix::ioctl::{Getter, ioctl};
    use rustix::net::{AddressFamily, sockopt};
    use std::io;
    use std::os::fd::BorrowedFd;

    /// `SIOCOUTQ`, in the numbering of these architectures.
    const OUTQ: u32 = 0x5411;

    #[allow(unsafe_code, reason = "no crate has a safe call for it, and a reset behind the data needs to know")]
    pub(super) fn unacknowledged(socket: BorrowedFd<'_>) -> io::Result<usize> {
        // What a local peer has not read is safe with it: only a network's peer can lose it.
        if sockopt::socket_domain(socket)? == AddressFamily::UNIX {
            return Ok(0);
        }
        // SAFETY: tcp(7): on a TCP socket this request writes one int to where it is pointed. A descriptor of another
        // kind fails with an error, or is a terminal, where it is TIOCOUTQ and writes an int too.
        let bytes = unsafe { ioctl(socket, Getter::<OUTQ, c_int>::new())? };
        Ok(usize::try_from(bytes).unwrap_or(0))
    }
}

#[cfg(not(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "x86",
        target_arch = "aarch64",
        target_arch = "arm",
        target_arch = "riscv64"
    )
)))]
mod queue {
    use std::io::{self, ErrorKind};
    use std::os::fd::BorrowedFd;

    pub(super) fn unacknowledged(_: BorrowedFd<'_>) -> io::Result<usize> {
        Err(ErrorKind::InvalidInput.into())
    }
}
