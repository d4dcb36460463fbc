//! Finds the page on which the engine explains itself. It is embedded where `.ci/wasm` has built its WebAssembly.

use std::path::Path;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(explain)");
    let Ok(manifest) = std::env::var("CARGO_MANIFEST_DIR") else { return };
    let web = Path::new(&manifest).join("../c/web");
    println!(
        "cargo::rerun-if-changed={}",
        if web.is_dir() { web.display().to_string() } else { "build.rs".to_owned() }
    );
    if web.join("barewire.wasm").is_file() {
        println!("cargo::rustc-env=BAREWIRE_WEB={}", web.display());
        println!("cargo::rustc-cfg=explain");
    }
}
