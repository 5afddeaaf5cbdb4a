//! Rows of a BPF iterator in, sockets and owners out.

use sockeye::collect::bpf::{Bpf, Found};

#[test]
fn scratch() {
    let mut bpf = match Bpf::load() {
        Ok(bpf) => bpf,
        Err(error) => {
            if let sockeye::collect::bpf::BpfError::Refused { log, .. } = &error {
                println!("{log}");
            }
            panic!("{error}")
        }
    };
    let mut found = Found::default();
    bpf.read(&mut found).unwrap();
    for socket in &found.sockets {
        println!("{socket:?}");
    }
    println!("{:?}", found.owners);
    for h in &found.holders {
        println!("{h:?}");
    }
}
