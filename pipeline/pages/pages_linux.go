// Package pages lays tables that are read here and there where reading them costs least.
package pages

import (
	"syscall"
	"unsafe"
)

// huge is the size in bytes of the large pages that Linux has on most machines.
const huge = 2 << 20

// Spread makes a slice of n zero elements that is read here and there, and asks for large pages under it. It gives what
// make gives: the pages change how fast it is read, and nothing else. With small ones most reads of a
// table of some MiB begin by a walk through the page tables, which on a virtual machine is dearer than the read.
func Spread[T any](n int) []T {
	var zero T
	size := int(unsafe.Sizeof(zero))
	if n*size < huge/4 || huge%size != 0 {
		return make([]T, n)
	}
	whole := (n*size + huge - 1) &^ (huge - 1) // the last large page is asked for too
	all := make([]T, (whole+huge)/size)
	first := unsafe.Pointer(unsafe.SliceData(all))
	skip := -int(uintptr(first)) & (huge - 1)
	s := all[skip/size:]
	_ = syscall.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), whole), syscall.MADV_HUGEPAGE) // a hint, no more
	return s[:n:n]
}
