//! What the programs read: members of the kernel's structures, and where in a row they go.

use super::super::row::{self, Slot};

/// Gives any address as a pointer to a structure of any type, which can be read through (Linux 6.2).
pub(super) const CAST: &str = "bpf_rdonly_cast";

/// The iterators, each named after the function that its programs are checked against.
pub(super) const ITERATORS: [&str; 2] = ["bpf_iter_task", "bpf_iter_task_file"];

/// And what a program that reads ahead calls.
pub(super) const FUNCTIONS: [&str; 3] = [ITERATORS[0], ITERATORS[1], CAST];

pub(super) const STRUCTURES: [&str; 31] = [
    "bpf_iter__task",
    "bpf_iter__task_file",
    "bpf_iter_meta",
    "cred",
    "css_set",
    "dentry",
    "fdtable",
    "file",
    "files_struct",
    "fs_struct",
    "inode",
    "mm_struct",
    "net",
    "netlink_sock",
    "nsproxy",
    "numa_drop_counters",
    "packet_sock",
    "pid",
    "signal_struct",
    "sock",
    "socket",
    "socket_alloc",
    "super_block",
    "task_struct",
    "tcp_sock",
    "tty_driver",
    "tty_file_private",
    "tty_struct",
    "udp_sock",
    "unix_address",
    "unix_sock",
];

/// Members of `struct sock` that all rows have.
pub(super) const OF_ALL: [(&str, Slot); 9] = [
    ("__sk_common.skc_family", row::FAMILY),
    ("__sk_common.skc_state", row::STATE),
    ("__sk_common.skc_bound_dev_if", row::DEVICE),
    ("__sk_common.skc_refcnt", row::REFERENCES),
    ("sk_type", row::TYPE),
    ("sk_protocol", row::PROTOCOL),
    ("sk_mark", row::MARK),
    ("__sk_common.skc_num", row::PORT),
    ("__sk_common.skc_dport", row::REMOTE_PORT),
];

/// Members of `struct tcp_sock`.
pub(super) const OF_TCP: [(&str, Slot); 25] = [
    ("inet_conn.icsk_inet.sk.sk_ack_backlog", row::TCP_BACKLOG),
    ("inet_conn.icsk_inet.sk.sk_max_ack_backlog", row::TCP_BACKLOG_LIMIT),
    ("inet_conn.icsk_accept_queue.qlen", row::REQUESTS),
    ("inet_conn.icsk_rto", row::RTO),
    ("inet_conn.icsk_pending", row::PENDING),
    ("inet_conn.icsk_retransmits", row::RETRANSMITS),
    ("inet_conn.icsk_probes_out", row::PROBES),
    ("inet_conn.icsk_ack.lrcvtime", row::LAST_RECEIVED),
    ("lsndtime", row::LAST_SENT),
    ("bytes_sent", row::SENT),
    ("bytes_retrans", row::SENT_AGAIN),
    ("bytes_acked", row::ACKED),
    ("bytes_received", row::RECEIVED),
    ("rcv_nxt", row::RECEIVED_TO),
    ("copied_seq", row::READ_TO),
    ("write_seq", row::WRITTEN_TO),
    ("snd_una", row::ACKED_TO),
    ("packets_out", row::UNACKED),
    ("total_retrans", row::RETRANSMITTED),
    ("srtt_us", row::RTT),
    ("snd_cwnd", row::CWND),
    ("snd_ssthresh", row::SSTHRESH),
    ("inet_conn.icsk_inet.sk.sk_timer.expires", row::KEEPALIVE),
    ("inet_conn.icsk_inet.sk.sk_timer.entry.pprev", row::KEEPALIVE_RUNS),
    ("inet_conn.icsk_timeout", row::TIMEOUT),
];

/// Where newer kernels have what has another name in [`OF_TCP`]; the first that is there counts.
pub(super) const MOVED: [(&str, &[&str]); 3] = [
    (
        "inet_conn.icsk_timeout", // until 6.14
        &["inet_conn.icsk_retransmit_timer.expires", "inet_conn.icsk_inet.sk.tcp_retransmit_timer.expires"],
    ),
    ("inet_conn.icsk_inet.sk.sk_timer.expires", &["inet_conn.icsk_keepalive_timer.expires"]),
    ("inet_conn.icsk_inet.sk.sk_timer.entry.pprev", &["inet_conn.icsk_keepalive_timer.entry.pprev"]),
];

/// Members of `struct sock` that rows of datagrams have.
pub(super) const OF_DATAGRAMS: [(&str, Slot); 3] = [
    ("sk_backlog.rmem_alloc", row::RECEIVE_MEMORY),
    ("sk_wmem_alloc", row::SEND_MEMORY),
    ("sk_drops", row::DROPS),
];

/// Members of `struct sock` that rows of unix sockets have.
pub(super) const OF_UNIX: [(&str, Slot); 4] = [
    ("sk_receive_queue.qlen", row::UNIX_BACKLOG),
    ("sk_max_ack_backlog", row::UNIX_BACKLOG_LIMIT),
    ("sk_wmem_alloc", row::UNIX_SENT),
    ("sk_shutdown", row::UNIX_SHUTDOWN),
];
