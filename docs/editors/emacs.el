;;; DMA Lens in Emacs with eglot 1.9 or later: load this file, then M-x eglot in a C buffer.  -*- lexical-binding: t -*-

(require 'eglot)

(defvar dma-lens-command '("dma-lens" "lsp" "--stdio")
  "Program and arguments of the language server.")

(defvar dma-lens-settings '(:kernel "" :platformPreset "default")
  "The section dmaLens of the settings.")

(add-to-list 'eglot-server-programs (cons '(c-mode c-ts-mode) dma-lens-command))

(setq-default eglot-workspace-configuration (list (cons :dmaLens dma-lens-settings)))
