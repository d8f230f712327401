/* SPDX-License-Identifier: MIT */
/*
 * The last step of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom
 * Number Generators, OOPSLA 2014): any two numbers come out unlike each other.
 * What is added up has to be mixed before: of plain checksums, two that change
 * by a little each make up for each other.
 */
#ifndef SHARED_MIX_H
#define SHARED_MIX_H

#include <stdint.h>

static inline uint64_t
mix(uint64_t n)
{
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
	n = (n ^ n >> 27) * 0x94d049bb133111ebu;
	return n ^ n >> 31;
}

#endif
