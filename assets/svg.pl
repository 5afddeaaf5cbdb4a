#!/usr/bin/perl
# A screen, as `tmux capture-pane -e -p` prints it, to SVG: svg.pl COLUMNS LINES [GROUND INK] < screen > picture
use strict;
use warnings;
use open qw(:std :encoding(UTF-8));

my ($columns, $lines, $ground, $ink) = @ARGV;
$ground //= '#101418';
$ink //= '#d0d0d0';
my ($width, $height, $size) = (8, 18, 13.3);
my @palette = map { "#$_" } qw(
    1d1f21 cc4b4b b5bd68 f0c674 81a2be b294bb 8abeb7 c5c8c6
    767876 ff7a7a d0e070 ffe08a 9cc4ec d7b0e0 a5e0d8 ffffff
);

# One of 256 colours, as xterm has them.
sub indexed {
    my $number = shift;
    return $palette[$number] if $number < 16;
    return sprintf '#%02x%02x%02x', (8 + 10 * ($number - 232)) x 3 if $number >= 232;
    my @cube = map { $_ ? 55 + 40 * $_ : 0 } int(($number - 16) / 36), int(($number - 16) / 6) % 6, ($number - 16) % 6;
    return sprintf '#%02x%02x%02x', @cube;
}

# What a sequence CSI ... m does to a style.
sub style {
    my ($style, @codes) = @_;
    my %style = %$style;
    while (@codes) {
        my $code = shift(@codes) || 0;
        if ($code == 0) { %style = () }
        elsif ($code == 1) { $style{bold} = 1 }
        elsif ($code == 2) { $style{dim} = 1 }
        elsif ($code == 4) { $style{under} = 1 }
        elsif ($code == 7) { $style{reverse} = 1 }
        elsif ($code == 22) { delete @style{qw(bold dim)} }
        elsif ($code == 24) { delete $style{under} }
        elsif ($code == 27) { delete $style{reverse} }
        elsif ($code == 39) { delete $style{fg} }
        elsif ($code == 49) { delete $style{bg} }
        elsif ($code == 38 || $code == 48) {
            my $kind = shift @codes;
            my $colour = $kind == 5 ? indexed(shift @codes) : sprintf('#%02x%02x%02x', splice @codes, 0, 3);
            $style{$code == 38 ? 'fg' : 'bg'} = $colour;
        }
        elsif ($code >= 30 && $code <= 37) { $style{fg} = $palette[$code - 30] }
        elsif ($code >= 40 && $code <= 47) { $style{bg} = $palette[$code - 40] }
        elsif ($code >= 90 && $code <= 97) { $style{fg} = $palette[$code - 82] }
        elsif ($code >= 100 && $code <= 107) { $style{bg} = $palette[$code - 92] }
    }
    return \%style;
}

my ($rectangles, $texts, $style, $y) = ('', '', {}, 0);
while (my $line = <STDIN>) {
    chomp $line;
    my $x = 0;
    while ($line =~ /\G(?:\e\[([\d;]*)m|([^\e]+))/gc) {
        if (defined $1) { $style = style($style, split /;/, $1 || '0'); next }
        my ($text, $cells) = ($2, length $2);
        my ($fg, $bg) = ($style->{fg} // $ink, $style->{bg} // $ground);
        ($fg, $bg) = ($bg, $fg) if $style->{reverse};
        my ($left, $top, $wide) = ($x * $width, $y * $height, $cells * $width);
        $rectangles .= qq(<rect x="$left" y="$top" width="$wide" height="$height" fill="$bg"/>\n) if $bg ne $ground;
        my $more = ($style->{bold} ? ' font-weight="bold"' : '') . ($style->{dim} ? ' opacity="0.6"' : '')
            . ($style->{under} ? ' text-decoration="underline"' : '');
        # Each word stands in its place and is as long as its cells, whatever font there is.
        while ($text =~ /(\S+)/g) {
            my ($word, $at, $long, $base) = ($1, ($x + $-[0]) * $width, length($1) * $width, $top + 13);
            $word =~ s/&/&amp;/g;
            $word =~ s/</&lt;/g;
            $texts .= qq(<text x="$at" y="$base" fill="$fg" textLength="$long"$more>$word</text>\n);
        }
        $x += $cells;
    }
    $y++;
}
my ($w, $h) = ($columns * $width, $lines * $height);
print qq(<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -8 @{[$w + 16]} @{[$h + 16]}" width="@{[$w + 16]}">\n),
    qq(<style>text { font: ${size}px "DejaVu Sans Mono", "Menlo", "Consolas", monospace }</style>\n),
    qq(<rect x="-8" y="-8" width="100%" height="100%" fill="$ground"/>\n$rectangles),
    $texts, "</svg>\n";
