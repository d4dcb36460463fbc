use barewire_drive::Stop;
use barewire_drive::blocking::{Interest, Wire};
use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};

/// Threads, as the pump knows them.
#[derive(Clone, Copy, Debug)]
pub struct Threads;

/// Any stream that reads and writes, where nothing more is known of it: a TLS stream of another library, a pair of pipes.
///
/// It can't be waited for without reading, nor written without waiting. So a deadline, or a [`Stop`], is noticed only when
/// a read returns: give the stream below a read timeout if that matters. And two peers that both send more than the
/// system buffers before they read would wait for each other; sockets themselves, without this wrapper, never do.
#[derive(Clone, Copy, Debug)]
pub struct Plain<S>(
    /// The stream.
    pub S,
);

impl<S: Read + Write> Wire<Plain<S>> for Threads {
    fn open(_: &mut Plain<S>) -> io::Result<()> {
        Ok(())
    }

    fn read(stream: &mut Plain<S>, into: &mut [u8], _may_wait: bool) -> io::Result<usize> {
        stream.0.read(into)
    }

    fn write(stream: &mut Plain<S>, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        stream.0.write_vectored(chunks)
    }

    fn flush(stream: &mut Plain<S>) -> io::Result<()> {
        stream.0.flush()
    }

    /// There is no such thing in `Write`: the end is the drop.
    fn shut(_: &mut Plain<S>) -> io::Result<()> {
        Ok(())
    }

    fn abort(_: &mut Plain<S>) {}

    fn wait(_: &Plain<S>, _: Interest, _: Option<Duration>, _: Option<&Stop>) -> io::Result<()> {
        Ok(())
    }
}
