package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// pack is `train pack`: the files of a folder in one compressed piece, as a room embeds them.
func pack(args []string) error {
	if len(args) != 2 {
		return errors.New("pack: want a folder and the file to write")
	}
	b, err := zipped(os.DirFS(args[0]))
	if err != nil {
		return fmt.Errorf("pack %s: %w", args[0], err)
	}
	return os.WriteFile(args[1], b, 0o644)
}

// zipped packs every file by name, without times, so that the same files always give the same bytes.
func zipped(folder fs.FS) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	files, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		b, err := fs.ReadFile(folder, f.Name())
		if err != nil {
			return nil, err
		}
		w, err := z.Create(f.Name())
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(b); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
