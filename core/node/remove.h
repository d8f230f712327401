/* SPDX-License-Identifier: MIT */
/* Removing a folder that strangers have written in. */
#ifndef NODE_REMOVE_H
#define NODE_REMOVE_H

/*
 * Removes the folder and all below it; symbolic links are removed and never
 * followed, and other file systems are left alone.  Nobody may be writing in
 * it any more.  0, or -1 where something stayed.
 */
int remove_tree(const char *path);

#endif
