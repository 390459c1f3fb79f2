/* SPDX-License-Identifier: MIT */
/* Lists: lines of waits, and queues.  Changed within a d_step, or another's step, by the holder of their lock. */
typedef line_of {
	byte count;
	byte at[4];
}

hidden byte n; /* scratch, meaningless between steps */

inline put_last(list, x)
{
	list.at[list.count] = x;
	list.count++
}

inline take_out(list, x)
{
	n = 0;
	do
	:: n < list.count && list.at[n] != x -> n++
	:: else -> break
	od;
	if
	:: n < list.count ->
		list.count--;
		do
		:: n < list.count -> list.at[n] = list.at[n + 1]; n++
		:: else -> break
		od;
		list.at[n] = 0
	:: else
	fi
}

/* By number. */
#define PUT_IN_ORDER(list, x, number_of)				\
	n = list.count;							\
	do								\
	:: n > 0 && number_of[list.at[n - 1]] > number_of[x] ->		\
		list.at[n] = list.at[n - 1];				\
		n--							\
	:: else -> break						\
	od;								\
	list.at[n] = x;							\
	list.count++

inline forget(list)
{
	list.count = 0;
	n = 0;
	do
	:: n < 4 -> list.at[n] = 0; n++
	:: else -> break
	od
}
