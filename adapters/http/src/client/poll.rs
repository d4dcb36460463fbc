//! The doors that are `async`.

use super::{Client, MAX_DRAIN, Reply, Upload};
use crate::Error;
use crate::collect::Collected;
use barewire::http::{Body, Request, Trailers};
use barewire::{Machine, Next, http1};
use barewire_drive::instant;
use barewire_drive::poll::{Connection, Transport};
use bytes::Bytes;

impl<R: Transport<S>, S> Client<Connection<R, S, http1::Client>> {
    /// Sends a request with a whole body, and waits for the head of the reply. A body that is empty is none.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`](barewire::Misuse) when this connection takes no more requests; [`Misuse::Invalid`](barewire::Misuse) for what can't be sent (see
    /// [`http1::Client::request`]); else when the connection is over. Dropped while it waits, it leaves a reply that
    /// the next call reads and drops.
    pub async fn send(
        &mut self,
        request: &Request,
        body: impl Into<Bytes>,
    ) -> Result<Reply<'_, Connection<R, S, http1::Client>>, Error> {
        let body = body.into();
        let announced = if body.is_empty() { Body::Empty } else { Body::Length(body.len() as u64) };
        let mut upload = self.start(request, announced).await?;
        upload.send(body).await?;
        upload.finish().await
    }

    /// Sends the head of a request whose body comes piece by piece. With `Expect: 100-continue` it waits until the
    /// server wants the body, or has answered without it, or was silent for too long.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn start(
        &mut self,
        request: &Request,
        body: Body,
    ) -> Result<Upload<'_, Connection<R, S, http1::Client>>, Error> {
        self.clear().await?;
        self.queue_head(request, body)?;
        while self.is_held() {
            self.step().await?;
        }
        Ok(Upload { client: self })
    }

    /// Reads what nobody read of the reply before.
    async fn clear(&mut self) -> Result<(), Error> {
        let mut read = 0;
        while self.is_cluttered() {
            self.step().await?;
            read += self.take_data().map_or(0, |piece| piece.len());
            if read > MAX_DRAIN {
                self.break_off();
            }
        }
        self.open = None;
        Ok(())
    }

    /// Hears one event, or waits for whoever must act before there is one.
    async fn step(&mut self) -> Result<(), Error> {
        let need = match self.connection.machine_mut().next(instant(R::now())) {
            Ok(Next::Event(event)) => {
                self.hear(event);
                return Ok(());
            }
            Ok(Next::NeedApp) => return self.refuse(),
            Ok(Next::NeedInput) if self.is_sated() => Next::NeedFlush,
            Ok(need) => need.map(drop),
            Err(fault) => {
                self.connection.wait(Next::Done).await?;
                return Err(fault.into());
            }
        };
        if self.connection.wait(need).await? { Ok(()) } else { self.refuse() }
    }
}

impl<'a, R: Transport<S>, S> Upload<'a, Connection<R, S, http1::Client>> {
    /// Sends a piece of the body, and waits as long as the server is too slow with those before it.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] when it is more than was announced; else when the connection is over.
    pub async fn send(&mut self, piece: impl Into<Bytes>) -> Result<(), Error> {
        self.client.queue_data(piece.into())?;
        while self.client.is_full() {
            self.client.step().await?;
        }
        Ok(())
    }

    /// Ends the body, and waits for the head of the reply.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooShort`](barewire::Misuse) when less was sent than was announced; else when the connection is over.
    pub async fn finish(self) -> Result<Reply<'a, Connection<R, S, http1::Client>>, Error> {
        self.end(None).await
    }

    /// Ends the body with trailers, which a `Trailer` field in the head must have announced, and waits for the head of
    /// the reply.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish), and for fields that can't be trailers.
    pub async fn finish_with(self, trailers: &Trailers) -> Result<Reply<'a, Connection<R, S, http1::Client>>, Error> {
        self.end(Some(trailers)).await
    }

    async fn end(self, trailers: Option<&Trailers>) -> Result<Reply<'a, Connection<R, S, http1::Client>>, Error> {
        let client = self.client;
        client.queue_end(trailers)?;
        while !client.is_answered() {
            client.step().await?;
        }
        client.reply()
    }
}

impl<R: Transport<S>, S> Reply<'_, Connection<R, S, http1::Client>> {
    /// The next piece of the body; `None` once all of it was read. Where it is cut means nothing.
    ///
    /// # Errors
    ///
    /// When the server broke the protocol, a limit or a deadline, or the stream failed or ended: what came so far is
    /// not all.
    pub async fn data(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if let Some(piece) = self.client.take_data() {
                return Ok(Some(piece));
            }
            if self.client.is_over() {
                return Ok(None);
            }
            self.client.step().await?;
        }
    }

    /// The whole body, or what is left of it.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`] when that is more than `limit` bytes; else as [`data`](Self::data).
    pub async fn collect(&mut self, limit: usize) -> Result<Bytes, Error> {
        let mut whole = Collected::new(self.body, self.client.read(), limit)?;
        while let Some(piece) = self.data().await? {
            whole.push(piece, limit)?;
        }
        Ok(whole.finish())
    }
}
