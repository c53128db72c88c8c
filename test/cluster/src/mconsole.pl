#!/usr/bin/perl
# Sends one order to the management console of user-mode Linux: mconsole.pl SOCKET ORDER.
# The console is a Unix datagram socket, which Node does not speak.
# Request and reply as in arch/um/drivers/mconsole.h.
use strict;
use warnings;
use Socket;

my ($console, $order) = @ARGV;
my $own = "$console.$$";
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!\n";
bind($socket, pack_sockaddr_un($own)) or die "bind $own: $!\n";
END { unlink $own if defined $own }
$SIG{ALRM} = sub { unlink $own; die "no answer from $console within 10 s\n" };
alarm 10;
send($socket, pack("L3 a512", 0xcafebabe, 2, length $order, $order), 0, pack_sockaddr_un($console))
  or die "$console: $!\n";
my ($failed, $more);
do {
    defined recv($socket, my $reply, 65536, 0) or die "$console: $!\n";
    ($failed, $more, my $length) = unpack("L3", $reply);
    my $text = substr($reply, 12, $length);
    $text =~ s/\0.*//s;
    if ($failed) { print STDERR "$text\n" } else { print $text }
} while $more;
exit($failed ? 1 : 0);
