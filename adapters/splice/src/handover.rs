//! Listening sockets from one process to the next, so that none of the connections in their queues is lost.
//!
//! The two speak over a local stream socket. The old process [`give`]s its listeners; the new one, once it is able to
//! serve, says that it is [`ready`]: then the old one stops accepting. If the new one fails before, the old one goes on.

use core::mem::MaybeUninit;
use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

/// In one message. The system's limit is 253.
const FEW: usize = 64;

/// With each message of sockets.
const MORE: u8 = 1;

/// Behind them.
const END: u8 = 0;

const READY: u8 = 2;

/// Gives these sockets to whoever is at the other end, and waits until that one is ready to serve: `true`, or `false` if
/// it ends without having said so.
///
/// # Errors
///
/// As the system says, a time-out of the stream included.
pub fn give(listeners: &[TcpListener], to: &UnixStream) -> io::Result<bool> {
    for few in listeners.chunks(FEW) {
        let sockets: Vec<_> = few.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(FEW))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&sockets)) {
            return Err(ErrorKind::OutOfMemory.into());
        }
        sendmsg(to, &[IoSlice::new(&[MORE])], &mut control, SendFlags::NOSIGNAL)?;
    }
    let mut to = to;
    to.write_all(&[END])?;
    let mut said = [0];
    Ok(to.read(&mut said)? == 1 && said == [READY])
}

/// Takes what the other end [gives](give).
///
/// # Errors
///
/// As the system says, or if the other end speaks otherwise.
pub fn take(from: &UnixStream) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    loop {
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(FEW))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut said = [0];
        let got = recvmsg(from, &mut [IoSliceMut::new(&mut said)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(sockets) = message {
                listeners.extend(sockets.map(TcpListener::from));
            }
        }
        match (got.bytes, said) {
            (1, [MORE]) => {}
            (1, [END]) => return Ok(listeners),
            (0, _) => return Err(ErrorKind::UnexpectedEof.into()),
            _ => return Err(ErrorKind::InvalidData.into()),
        }
    }
}

/// Says that this process serves now.
///
/// # Errors
///
/// As the system says: the other one is gone.
pub fn ready(mut to: &UnixStream) -> io::Result<()> {
    to.write_all(&[READY])
}

#[cfg(test)]
mod tests {
    use super::{give, ready, take};
    use std::io::ErrorKind;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixStream;
    use std::{io, thread};

    #[test]
    fn sockets_arrive_in_order_with_their_queues() -> io::Result<()> {
        for count in [0, 1, 64, 65, 130] {
            let listeners = (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<io::Result<Vec<_>>>()?;
            let addresses: Vec<_> = listeners.iter().map(|it| it.local_addr().ok()).collect();
            let waiting = listeners.last().map(|last| TcpStream::connect(last.local_addr()?)).transpose()?;
            let (old, new) = UnixStream::pair()?;
            let giver = thread::spawn(move || give(&listeners, &old));
            let taken = take(&new)?;
            assert_eq!(taken.iter().map(|it| it.local_addr().ok()).collect::<Vec<_>>(), addresses);
            ready(&new)?;
            assert!(matches!(giver.join(), Ok(Ok(true))), "it drops its own");
            if let (Some(last), Some(client)) = (taken.last(), waiting) {
                assert_eq!(last.accept()?.1, client.local_addr()?);
            }
        }
        Ok(())
    }

    #[test]
    fn who_ends_early_is_not_ready() -> io::Result<()> {
        let (old, new) = UnixStream::pair()?;
        drop(new);
        // The end comes before the answer, or before that.
        assert!(matches!(give(&[], &old), Ok(false) | Err(_)));
        let (old, new) = UnixStream::pair()?;
        drop(old);
        assert_eq!(take(&new).map_err(|error| error.kind()).err(), Some(ErrorKind::UnexpectedEof));
        Ok(())
    }
}
