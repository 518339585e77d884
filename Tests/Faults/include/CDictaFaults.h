// The system calls by which a process writes files, so that one of them can fail, or be the last.
//
// The functions that are defined here have the names of libc's. An executable that links them exports them, and every shared library in the
// process, SQLite and Foundation too, calls them in place of libc's. They pass on to the kernel. Only calls on regular files, folders and
// names are counted; pipes and sockets aren't.
//
// Linux only: elsewhere nothing is intercepted, and `dicta_faults_available` says so.

#ifndef CDICTA_FAULTS_H
#define CDICTA_FAULTS_H

#include <stdbool.h>

enum dicta_fault {
  /// The process is killed before the call does anything.
  DICTA_FAULT_KILL = 1,
  /// Of what the call writes, the first half is written; any other call is done. Then the process is killed.
  DICTA_FAULT_TEAR = 2,
  /// The call does nothing and gives an error. On a full disk the first half of what it writes is written before, and names and bytes can
  /// be taken away as ever.
  DICTA_FAULT_FAIL = 3,
};

bool dicta_faults_available(void);

/// Arms a fault for the calls from a number on, counted from 1 since the process began, and forgets what failed before.
///
/// - count: how many calls fail. Whoever kills needs one.
/// - error: an `errno`, for those that fail.
void dicta_faults_arm(enum dicta_fault fault, long first, long count, int error);

/// Goes on counting as if so many calls had been made. What is done once more gets the numbers it had before.
void dicta_faults_recount(long call_count);

/// From now on every call does what it should.
void dicta_faults_disarm(void);

/// How many calls there were since the process began.
long dicta_faults_call_count(void);

/// How many calls failed since a fault was armed.
long dicta_faults_hit_count(void);

/// The first call that failed, and the file: "pwrite corpus.dicta-wal". Empty if none did.
const char *dicta_faults_first_hit(void);

#endif
