//! The table of routes.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter};

use super::{Operation, Schemas};
use crate::state::AppState;

/// Describes an operation; called for the document alone.
pub(crate) type Describe = fn(&mut Schemas) -> Operation;

/// Paths with what each method does there and how that is described.
#[derive(Default)]
pub(crate) struct Routes(Vec<Place>);

struct Place {
    path: &'static str,
    methods: MethodRouter<AppState>,
    descriptions: Vec<(&'static str, Describe)>,
}

impl Routes {
    /// `GET`, and with it `HEAD`.
    pub(crate) fn get<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        handler: H,
        how: Describe,
    ) -> Self {
        self.on(MethodFilter::GET, "get", path, handler, how)
    }

    /// `POST`.
    pub(crate) fn post<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        handler: H,
        how: Describe,
    ) -> Self {
        self.on(MethodFilter::POST, "post", path, handler, how)
    }

    /// `PUT`.
    pub(crate) fn put<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        handler: H,
        how: Describe,
    ) -> Self {
        self.on(MethodFilter::PUT, "put", path, handler, how)
    }

    /// `PATCH`.
    pub(crate) fn patch<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        handler: H,
        how: Describe,
    ) -> Self {
        self.on(MethodFilter::PATCH, "patch", path, handler, how)
    }

    /// `DELETE`.
    pub(crate) fn delete<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        handler: H,
        how: Describe,
    ) -> Self {
        self.on(MethodFilter::DELETE, "delete", path, handler, how)
    }

    fn on<H: Handler<T, AppState>, T: 'static>(
        mut self,
        filter: MethodFilter,
        method: &'static str,
        path: &'static str,
        handler: H,
        how: Describe,
    ) -> Self {
        let place = self.place(path);
        place.methods = std::mem::take(&mut place.methods).on(filter, handler);
        place.descriptions.push((method, how));
        self
    }

    fn place(&mut self, path: &'static str) -> &mut Place {
        let index = self.0.iter().position(|known| known.path == path).unwrap_or_else(|| {
            self.0.push(Place { path, methods: MethodRouter::new(), descriptions: Vec::new() });
            self.0.len() - 1
        });
        &mut self.0[index]
    }

    /// The paths for the router, with something around the methods of each.
    pub(crate) fn into_paths(
        self,
        around: impl Fn(MethodRouter<AppState>) -> MethodRouter<AppState>,
    ) -> impl Iterator<Item = (&'static str, MethodRouter<AppState>)> {
        self.0.into_iter().map(move |place| (place.path, around(place.methods)))
    }

    /// Every path with its methods and their descriptions.
    pub(super) fn descriptions(&self) -> impl Iterator<Item = (&'static str, &[(&'static str, Describe)])> {
        self.0.iter().map(|place| (place.path, place.descriptions.as_slice()))
    }
}
