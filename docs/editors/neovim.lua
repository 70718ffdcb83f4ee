-- DMA Lens in Neovim 0.7 and later: put this file where init.lua can reach it, and say `luafile` with its path.
-- It runs beside clangd: each server says what it knows.
local command = vim.g.dma_lens_command or { 'dma-lens', 'lsp', '--stdio' }

local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  local top = vim.fn.findfile('MAINTAINERS', folder .. ';')
  return top ~= '' and vim.fn.fnamemodify(top, ':p:h') or folder
end

local clients = {}

vim.api.nvim_create_autocmd('FileType', {
  pattern = 'c',
  callback = function(event)
    local root = root_of(vim.api.nvim_buf_get_name(event.buf))
    local config = {
      name = 'dma-lens',
      cmd = command,
      root_dir = root,
      settings = { dmaLens = vim.g.dma_lens_settings or vim.empty_dict() },
      on_exit = function() clients[root] = nil end,
    }
    if vim.lsp.start then -- Neovim 0.8
      vim.lsp.start(config, { bufnr = event.buf })
    else
      clients[root] = clients[root] or vim.lsp.start_client(config)
      vim.lsp.buf_attach_client(event.buf, clients[root])
    end
  end,
})
