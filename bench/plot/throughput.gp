# SPDX-License-Identifier: MIT
heading = 'One-way flood across cores, by size of message'
subtitle = 'one process sends, one receives, on two processors; medians, quartiles shaded; higher is better'
curves = 4
array name[4] = ['Portico mailbox', 'msgsnd + msgrcv', 'pipe', 'UNIX seqpacket']
shown(x, ns) = x / ns * 1000
logarithmic = 1
set logscale xy
last = 1048576
set xrange [1:last]
eval 'set xtics (' . bytes . ')'
set xlabel 'size of message'
axis = 'MB/s'
eval 'set ytics (' . decades . ')'
