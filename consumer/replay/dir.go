package replay

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/consumer/snapshot"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// ErrOther says that a directory holds another replay than the one asked for.
var ErrOther = errors.New("it holds the result of another replay")

// ErrBusy says that a replay is writing into a directory.
var ErrBusy = errors.New("another replay is writing into it")

// Dir is the result directory of one replay, while that is written.
type Dir struct {
	Path  string
	Until uint64 // last sequence of the log to read, as the first run of this replay found it; 0: not a log

	request string
	mark    *mark    // of a former run that was interrupted
	alerts  *os.File // locked: who has it open for writing has the directory
	out     *bufio.Writer
	bytes   int64
	output  string // wire.Chain
	said    uint64
}

// mark is all that is needed to go on from one place.
type mark struct {
	Request string  `json:"request"`
	Until   uint64  `json:"until,omitempty"`
	Summary Summary `json:"summary"`
	Hashing Hashing `json:"hashing"`

	picture *machine.Picture // to be written
	state   []byte           // as it was read
	pass    uint64           // entries to read again and pass over
}

// OpenDir makes or takes up a result directory. Request names what is asked for: a directory that holds another replay is
// refused with ErrOther, one that a replay is writing into, here or in another process, with ErrBusy; one that holds an
// interrupted one goes on, one that holds this one complete begins anew.
func OpenDir(path, request string) (_ *Dir, err error) {
	d := &Dir{Path: path, request: request}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	if d.alerts, err = os.OpenFile(filepath.Join(path, AlertsFile), os.O_CREATE|os.O_RDWR, 0o644); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	err = tryLock(d.alerts)
	if err == nil {
		err = d.tidy()
	}
	if err == nil {
		err = d.takeUp()
	}
	if err == nil {
		err = d.rewind()
	}
	if err != nil {
		return nil, fmt.Errorf("replay: %s: %w", path, errors.Join(err, d.alerts.Close()))
	}
	d.out = bufio.NewWriterSize(d.alerts, 256<<10)
	return d, nil
}

// tidy removes what former runs that were killed had begun to write: a checkpoint may be large.
func (d *Dir) tidy() error {
	files, err := os.ReadDir(d.Path)
	for _, f := range files {
		if name := f.Name(); strings.HasPrefix(name, begun(CheckpointFile)) || strings.HasPrefix(name, begun(SummaryFile)) {
			err = errors.Join(err, os.Remove(filepath.Join(d.Path, name)))
		}
	}
	return err
}

// begun is how the names of files begin that are to replace the one of the name.
func begun(name string) string { return "." + name + "-" }

// takeUp reads what a former run has left.
func (d *Dir) takeUp() error {
	found, err := readMark(filepath.Join(d.Path, CheckpointFile))
	switch {
	case err == nil && found.Request != d.request:
		return fmt.Errorf("%w, which is not complete", ErrOther)
	case err == nil:
		d.mark, d.Until = found, found.Until
		found.pass = found.Summary.Position.Entries
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if r, err := ReadResult(d.Path); err == nil && r.Summary.Request != d.request {
		return ErrOther
	}
	return nil
}

// rewind takes the alerts back behind the last mark.
func (d *Dir) rewind() error {
	if d.mark != nil {
		h := d.mark.Hashing
		d.bytes, d.output, d.said = h.Bytes, h.Output, h.Said
	}
	size, err := d.alerts.Seek(0, 2)
	if err == nil && size < d.bytes {
		err = fmt.Errorf("%w: %d bytes, the checkpoint says %d", snapshot.ErrDamaged, size, d.bytes)
	}
	if err == nil {
		err = d.alerts.Truncate(d.bytes)
	}
	if err == nil {
		_, err = d.alerts.Seek(d.bytes, 0)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", AlertsFile, err)
	}
	return nil
}

// Resumed tells how far a former run of this replay came; false: there was none.
func (d *Dir) Resumed() (Position, bool) {
	if d.mark == nil {
		return Position{}, false
	}
	return d.mark.Summary.Position, true
}

// SeekTo says that the Source begins behind the Position that Resumed told, so that nothing need be read again.
func (d *Dir) SeekTo() {
	if d.mark != nil {
		d.mark.pass = 0
	}
}

// Close lets go of the directory.
func (d *Dir) Close() error { return d.alerts.Close() }

// Record writes the alerts down, and carries the hash on over all that was told.
func (d *Dir) Record(_ context.Context, said []Said) error {
	for _, x := range said {
		d.output = wire.Chain(d.output, x.Subject, x.Data)
		d.said = x.Number
		if x.Alert == nil {
			continue
		}
		n, err := d.out.Write(x.Data)
		d.bytes += int64(n)
		if err == nil {
			err = d.out.WriteByte('\n')
			d.bytes++
		}
		if err != nil {
			return fmt.Errorf("replay: %w", err)
		}
	}
	return nil
}

// save keeps a mark: from here the replay can go on, or here it is complete. It returns the summary as people get it.
func (d *Dir) save(m *mark) (Summary, error) {
	m.Hashing.Bytes, m.Hashing.Output = d.bytes, d.output
	m.Request, m.Until, m.Summary.Request = d.request, d.Until, d.request
	m.Summary.Hashes.Output = "sha256:" + cmp.Or(d.output, sum(""))
	polished := m.Summary.polished()
	if d.said != m.Hashing.Said {
		return polished, fmt.Errorf("replay: %d outputs recorded of %d", d.said, m.Hashing.Said)
	}
	if err := errors.Join(d.out.Flush(), d.alerts.Sync()); err != nil {
		return polished, fmt.Errorf("replay: %w", err)
	}
	checkpoint := filepath.Join(d.Path, CheckpointFile)
	if !m.Summary.Complete {
		if err := m.write(checkpoint); err != nil {
			return polished, err
		}
	}
	text, err := json.MarshalIndent(polished, "", "  ")
	if err == nil {
		err = replace(filepath.Join(d.Path, SummaryFile), append(text, '\n'))
	}
	if err != nil || !m.Summary.Complete {
		return polished, err
	}
	if err := os.Remove(checkpoint); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return polished, fmt.Errorf("replay: %w", err)
	}
	return polished, nil
}

// A checkpoint is a line of magic, a line with the hash of the rest, a line of JSON, and the packed state.
var checkpointMagic = []byte("quidnunc-replay 1\n")

func (m *mark) write(name string) error {
	head, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	state, err := m.picture.Append(nil)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	return replaceBy(name, func(f *os.File) error {
		unhashed := append(bytes.Clone(checkpointMagic), sum("")+"\n"...) // the hash is known when the rest is written
		if _, err := f.Write(unhashed); err != nil {
			return err
		}
		hash := sha256.New()
		if err := pack(io.MultiWriter(f, hash), append(head, '\n'), state); err != nil {
			return err
		}
		_, err := f.WriteAt([]byte(hex.EncodeToString(hash.Sum(nil))), int64(len(checkpointMagic)))
		return err
	})
}

// pack writes a head as it is and a state that may be large compressed, without holding that, too, in memory.
func pack(w io.Writer, head, state []byte) error {
	if _, err := w.Write(head); err != nil {
		return err
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	z.ResetContentSize(w, int64(len(state)))
	_, err = z.Write(state)
	return errors.Join(err, z.Close())
}

// mostState bounds what a state may unpack to.
const mostState = 16 << 30

func readMark(name string) (*mark, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(data, checkpointMagic)
	hash, rest, _ := bytes.Cut(rest, []byte("\n"))
	if got := sha256.Sum256(rest); !ok || string(hash) != hex.EncodeToString(got[:]) {
		return nil, fmt.Errorf("%s: %w: remove it to begin anew", CheckpointFile, snapshot.ErrDamaged)
	}
	head, packed, _ := bytes.Cut(rest, []byte("\n"))
	m := &mark{}
	if err := json.Unmarshal(head, m); err != nil {
		return nil, fmt.Errorf("%s: %w", CheckpointFile, err)
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostState))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	if m.state, err = z.DecodeAll(packed, nil); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", CheckpointFile, snapshot.ErrDamaged, err)
	}
	return m, nil
}

// replace writes a file so that its name always stands for a whole one.
func replace(name string, data []byte) error {
	return replaceBy(name, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

// replaceBy is replace by what write writes.
func replaceBy(name string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), begun(filepath.Base(name))+"*")
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	err = errors.Join(write(f), f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("replay: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
