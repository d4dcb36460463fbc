//! What a server grants, and the response that says so (RFC 6455 §4.2.2).

use super::refusal::WEBSOCKET;
use super::{Config, Offer};
use crate::Misuse;
use crate::http::{FieldName, FieldValue, Response, Status};
use crate::websocket::Reserved;
use crate::websocket::extension::{Claim, DeflateParams, answer};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// What both ends agreed on: what a session begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Negotiated {
    /// The subprotocol, if there is one.
    pub subprotocol: Option<Box<str>>,
    /// The parameters of permessage-deflate, if it is in use. Then it claims [`Reserved::RSV1`].
    pub deflate: Option<DeflateParams>,
    /// The other extensions, as the server wrote them, in the order in which it did.
    pub extensions: Vec<Claim>,
    /// The bits that they claim, for [`reserved`](crate::websocket::ConfigBuilder::reserved): permessage-deflate's isn't
    /// among them.
    pub reserved: Reserved,
}

/// A granted request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Accept {
    /// The 101, for [`http1::Server::upgrade`](crate::http1::Server::upgrade); the 200 to an extended `CONNECT`. Fields
    /// can be added.
    pub response: Response,
    /// What it says.
    pub negotiated: Negotiated,
}

/// What an application chooses from an [`Offer`], where the configuration doesn't say it all.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    subprotocol: Option<Box<str>>,
    extensions: Vec<Claim>,
    /// Name and value.
    fields: Vec<[Box<[u8]>; 2]>,
    no_deflate: bool,
}

impl Answer {
    /// As the configuration has it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Grants this subprotocol, not the one that the configuration would.
    #[must_use]
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.subprotocol = Some(name.into().into_boxed_str());
        self
    }

    /// Grants an extension of the application's, behind those that are there. One that claims [`Reserved::RSV1`] takes
    /// the place of permessage-deflate.
    #[must_use]
    pub fn extension(mut self, claim: Claim) -> Self {
        self.extensions.push(claim);
        self
    }

    /// Grants no permessage-deflate.
    #[must_use]
    pub fn without_deflate(mut self) -> Self {
        self.no_deflate = true;
        self
    }

    /// Adds a field to the response: a cookie, perhaps.
    ///
    /// # Errors
    ///
    /// [`Misuse::Invalid`] for one that is the handshake's own.
    pub fn field(mut self, name: FieldName<'_>, value: FieldValue<'_>) -> Result<Self, Misuse> {
        if is_own(name) {
            return Err(Misuse::Invalid);
        }
        self.fields.push([name.as_bytes().into(), value.as_bytes().into()]);
        Ok(self)
    }

    pub(super) fn check(&self, offer: &Offer<'_>) -> Result<(), Misuse> {
        let offered = self.subprotocol.as_deref().is_none_or(|name| offer.subprotocols().any(|other| other == name));
        let mut reserved = Reserved::NONE;
        let mut sound = true;
        for (at, claim) in self.extensions.iter().enumerate() {
            let name = claim.extension().name;
            sound &= offer.extensions().any(|other| other.name == name);
            sound &= self.extensions[..at].iter().all(|other| other.extension().name != name);
            sound &= !reserved.overlaps(claim.reserved());
            reserved = reserved.with(claim.reserved());
        }
        if offered && sound { Ok(()) } else { Err(Misuse::Invalid) }
    }
}

/// Whether a field belongs to the handshake or to the engine below it.
pub(super) fn is_own(name: FieldName<'_>) -> bool {
    let names = [
        FieldName::CONNECTION,
        FieldName::CONTENT_LENGTH,
        FieldName::HOST,
        FieldName::TRANSFER_ENCODING,
        FieldName::UPGRADE,
        FieldName::SEC_WEBSOCKET_ACCEPT,
        FieldName::SEC_WEBSOCKET_EXTENSIONS,
        FieldName::SEC_WEBSOCKET_KEY,
        FieldName::SEC_WEBSOCKET_PROTOCOL,
        FieldName::SEC_WEBSOCKET_VERSION,
    ];
    names.contains(&name)
}

impl Accept {
    /// For an answer that has been checked.
    pub(super) fn new(offer: &Offer<'_>, config: &Config, chosen: &Answer) -> Self {
        let mut response = match offer.key {
            Some(key) => Response::new(Status::SWITCHING_PROTOCOLS)
                .field(FieldName::UPGRADE, WEBSOCKET)
                .field(FieldName::SEC_WEBSOCKET_ACCEPT, FieldValue::checked(&key.accept())),
            None => Response::new(Status::OK),
        };
        let spoken = |name: &&str| config.subprotocols.iter().any(|spoken| **spoken == **name);
        let subprotocol = chosen.subprotocol.clone().or_else(|| offer.subprotocols().find(spoken).map(Box::from));
        if let Some(name) = &subprotocol {
            response.add(FieldName::SEC_WEBSOCKET_PROTOCOL, FieldValue::checked(name.as_bytes()));
        }
        let mut reserved = Reserved::NONE;
        let mut extensions = String::new();
        for claim in &chosen.extensions {
            reserved = reserved.with(claim.reserved());
            put(&mut extensions, claim.as_str());
        }
        let free = !chosen.no_deflate && !reserved.overlaps(Reserved::RSV1);
        let deflate = config.deflate.filter(|_| free).and_then(|deflate| answer(&deflate, offer.extensions()));
        if let Some(deflate) = &deflate {
            put(&mut extensions, &deflate.element);
        }
        if !extensions.is_empty() {
            response.add(FieldName::SEC_WEBSOCKET_EXTENSIONS, FieldValue::checked(extensions.as_bytes()));
        }
        for [name, value] in &chosen.fields {
            response.add(FieldName::checked(name), FieldValue::checked(value));
        }
        let deflate = deflate.map(|deflate| deflate.params);
        let negotiated = Negotiated { subprotocol, deflate, extensions: chosen.extensions.clone(), reserved };
        Self { response, negotiated }
    }
}

/// Appends an element to a list.
pub(super) fn put(list: &mut String, element: &str) {
    if !list.is_empty() {
        list.push_str(", ");
    }
    list.push_str(element);
}
