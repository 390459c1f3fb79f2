# SPDX-License-Identifier: MIT
heading = 'Typed receive, by the backlog it has to pass'
subtitle = 'one process: send + receive of one type, with messages of other types queued before it; lower is better'
curves = 3
array name[3] = ['Portico mailbox', 'Portico, preloaded', 'msgsnd + msgrcv']
colour[2] = '#6d1f2b'
colour[3] = '#00798c'
logarithmic = 1
set logscale xy
last = 10000
set xrange [1:last]
set xtics ('1' 1, '10' 10, '100' 100, '1 000' 1000, '10 000' 10000)
set xlabel 'messages of other types in the queue'
axis = 'ns a send + receive'
eval 'set ytics (' . decades . ')'
