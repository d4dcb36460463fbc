use barewire::http::{Response, Status};
use std::borrow::Cow;

/// What a response can begin with: a [`Response`], one that is lent, or only its [`Status`].
pub trait ToResponse: sealed::Sealed {
    #[doc(hidden)]
    fn to_response(&self) -> Cow<'_, Response>;
}

impl ToResponse for Status {
    fn to_response(&self) -> Cow<'_, Response> {
        Cow::Owned(Response::new(*self))
    }
}

impl ToResponse for Response {
    fn to_response(&self) -> Cow<'_, Response> {
        Cow::Borrowed(self)
    }
}

impl ToResponse for &Response {
    fn to_response(&self) -> Cow<'_, Response> {
        Cow::Borrowed(self)
    }
}

mod sealed {
    use barewire::http::{Response, Status};

    pub trait Sealed {}

    impl Sealed for Status {}
    impl Sealed for Response {}
    impl Sealed for &Response {}
}
