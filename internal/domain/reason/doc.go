// Package reason says why: why a file, a row or a request cannot be taken, what
// is worth a look, what became of a mail. A [Reason] is a code, a stable word
// for programs, and the parameters that its sentence names. It is stored and
// handed on as that; the sentence is made where it is shown, in the language of
// who reads it.
//
// The registry (table.go) lists every code with its parameters, and
// docs/codes.md is written from it. The sentences are in words/, a file for each
// language, under the code. A code may have several sentences for its cases:
// New("badDate.year", …) makes a reason of the code badDate whose parameter
// "case" is "year".
//
// In a sentence {name} stands for a parameter, written as its type and the
// language ask for; {list|or} joins a list by "or"; {n:# row|# rows} chooses by
// number and writes it for #; and what stands between < and > is left out when a
// parameter named in it is absent.
//
// To add a code: a line in table.go, its sentence in each file of words/, then
// go test ./internal/domain/reason -update for docs/codes.md.
package reason
